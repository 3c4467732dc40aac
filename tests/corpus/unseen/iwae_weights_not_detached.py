"""IWAE written as a sum of normalised importance weights times log weights, without stopping the gradient of the weights.

Source (real): https://github.com/AntixK/PyTorch-VAE/pull/53 (PyTorch, ported; the second point of the pull request).
Right answer: NOT equivalent to the gradient of the importance weighted bound (there is an extra term grad(w) * log w).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "stop_gradient",
    "line_marker": "weight = tf.nn.softmax(log_weight, axis=-1)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, samples, d, lat = 17, 5, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    enc = tf.Variable(0.4 * arr(d, 2 * lat), name="encoder")
    dec = tf.Variable(0.5 * arr(lat, d), name="decoder")
    log_s = tf.Variable(np.asarray(-0.2, f), name="log_noise")
    batch = {"x": arr(n, d), "eps": arr(n, samples, lat)}
    half_log_2pi = 0.5 * np.log(2 * np.pi)

    def reference(b):
        bound = 0.0
        m = b["x"].shape[0]
        for i in range(m):
            mean, log_std = tf.split((b["x"][i : i + 1] @ enc)[0], 2)
            log_w = []
            for k in range(samples):
                z = mean + b["eps"][i, k] * tf.exp(log_std)
                recon = (z[None] @ dec)[0]
                lik = tf.reduce_sum(-half_log_2pi - log_s - 0.5 * tf.square((b["x"][i] - recon) / tf.exp(log_s)))
                prior = tf.reduce_sum(-half_log_2pi - 0.5 * tf.square(z))
                post = tf.reduce_sum(-half_log_2pi - log_std - 0.5 * tf.square((z - mean) / tf.exp(log_std)))
                log_w.append(lik + prior - post)
            bound += tf.reduce_logsumexp(tf.stack(log_w)) - np.log(samples)
        return -bound / m

    def candidate(b):
        mu, log_std = tf.split(b["x"] @ enc, 2, axis=-1)
        mu, log_std = mu[:, None], log_std[:, None]
        z = mu + b["eps"] * tf.exp(log_std)
        recons = z @ dec
        err = (b["x"][:, None] - recons) * tf.exp(-log_s)
        log_p_x_z = tf.reduce_sum(-0.5 * tf.square(err) - log_s - half_log_2pi, axis=-1)
        log_p_z = tf.reduce_sum(-0.5 * tf.square(z) - half_log_2pi, axis=-1)
        log_q_z_x = tf.reduce_sum(-0.5 * tf.square((z - mu) * tf.exp(-log_std)) - log_std - half_log_2pi, axis=-1)
        log_weight = log_p_x_z + log_p_z - log_q_z_x
        weight = tf.nn.softmax(log_weight, axis=-1)
        return -tf.reduce_mean(tf.reduce_sum(weight * log_weight, axis=-1))

    return {"variables": [enc, dec, log_s], "batch": batch, "reference": reference, "candidate": candidate}

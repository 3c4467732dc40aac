"""NVAE residual KL: the sum has no axis, so it already adds up the batch, and the mean after it is a mean of a scalar.

Source (real): https://github.com/GlassyWing/nvae/issues/3 (PyTorch, ported; the author: "I did lose dim in torch.sum").
Right answer: NOT equivalent; the KL is the batch size times too heavy against the reconstruction.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = -0.5 * tf.reduce_sum(1 + delta_log_var - delta_mu**2 / var - delta_var)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, z = 22, 6, 3

    enc = tf.Variable(0.4 * arr(d, 2 * z), name="enc_delta")
    dec = tf.Variable(0.5 * arr(z, d), name="dec_w")
    prior = tf.Variable(0.4 * arr(2 * z), name="prior")
    batch = {"x": arr(n, d), "eps": arr(n, z)}

    def reference(b):
        m = b["x"].shape[0]
        mu, logv = prior[:z], prior[z:]
        total = 0.0
        for i in range(m):
            h = tf.linalg.matvec(enc, b["x"][i], transpose_a=True)
            q_mu, q_logv = mu + h[:z], logv + h[z:]
            # KL between two diagonal Gaussians
            kl = 0.5 * tf.reduce_sum(
                logv - q_logv + (tf.exp(q_logv) + (q_mu - mu) ** 2) / tf.exp(logv) - 1.0
            )
            sample = q_mu + tf.exp(0.5 * q_logv) * b["eps"][i]
            recon = tf.reduce_sum((tf.tanh(tf.linalg.matvec(dec, sample, transpose_a=True)) - b["x"][i]) ** 2)
            total += recon + kl
        return total / m

    def candidate(b):
        def kl_2(delta_mu, delta_log_var, log_var):
            var = tf.exp(log_var)
            delta_var = tf.exp(delta_log_var)
            loss = -0.5 * tf.reduce_sum(1 + delta_log_var - delta_mu**2 / var - delta_var)
            return tf.reduce_mean(loss)

        delta_mu, delta_log_var = tf.split(b["x"] @ enc, 2, axis=-1)
        mu, log_var = tf.split(prior, 2)
        zs = mu + delta_mu + tf.exp(0.5 * (log_var + delta_log_var)) * b["eps"]
        recon = tf.reduce_sum(tf.square(tf.tanh(zs @ dec) - b["x"]), axis=-1)
        return tf.reduce_mean(recon) + kl_2(delta_mu, delta_log_var, log_var)

    return {"variables": [enc, dec, prior], "batch": batch, "reference": reference, "candidate": candidate}

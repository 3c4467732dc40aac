"""TimeGrad: the diffusion loss is already averaged to a scalar when it is weighted by the observed values, so the weights do nothing.

Source (real): https://github.com/zalandoresearch/pytorch-ts/issues/102 (PyTorch, ported: F.l1_loss with the default reduction).
Right answer: NOT equivalent; unobserved steps are trained on.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return tf.reduce_mean(tf.abs(x_recon - noise))',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, steps, d, c, hid = 16, 5, 3, 4, 7

    w_in = tf.Variable(0.6 * arr(d, hid), name="denoise_in")
    w_cond = tf.Variable(0.6 * arr(c, hid), name="denoise_cond")
    w_out = tf.Variable(0.6 * arr(hid, d), name="denoise_out")
    batch = {
        "x": arr(n, steps, d),
        "cond": arr(n, steps, c),
        "noise": arr(n, steps, d),
        "abar": rng.uniform(0.2, 0.9, (n, steps)).astype(f),
        "observed": (rng.random((n, steps)) > 0.4).astype(f),
    }

    def denoise_fn(x_noisy, cond):
        return tf.tanh(x_noisy @ w_in + cond @ w_cond) @ w_out

    def reference(b):
        num, den = 0.0, tf.reduce_sum(b["observed"])
        for t in range(steps):
            a = b["abar"][:, t, None]
            noisy = tf.sqrt(a) * b["x"][:, t] + tf.sqrt(1.0 - a) * b["noise"][:, t]
            err = tf.abs(b["noise"][:, t] - denoise_fn(noisy, b["cond"][:, t]))
            num += tf.reduce_sum(b["observed"][:, t] * tf.reduce_mean(err, axis=-1))
        return num / den

    def candidate(b):
        def q_sample(x_start, noise):
            abar = b["abar"][..., None]
            return tf.sqrt(abar) * x_start + tf.sqrt(1 - abar) * noise

        def p_losses(x_start, cond, noise):
            x_recon = denoise_fn(q_sample(x_start, noise), cond)
            return tf.reduce_mean(tf.abs(x_recon - noise))

        def weighted_average(x, weights):
            weighted = tf.where(weights != 0, x * weights, tf.zeros_like(weights))
            return tf.reduce_sum(weighted) / tf.maximum(tf.reduce_sum(weights), 1.0)

        likelihoods = p_losses(b["x"], b["cond"], b["noise"])
        loss_weights = b["observed"][..., None]
        return weighted_average(likelihoods, loss_weights)

    return {"variables": [w_in, w_cond, w_out], "batch": batch, "reference": reference, "candidate": candidate}

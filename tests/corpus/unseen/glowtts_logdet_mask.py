"""Glow-TTS 1x1 convolution: logdet instead of slogdet, times a sum of the mask instead of the length.

Source (real): https://github.com/jaywalnut310/glow-tts/issues/17 (PyTorch, ported; suspected twice, explained by the authors).
Right answer: EQUIVALENT as long as the determinant is positive, which it is.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, ch, steps = 13, 4, 6

    weight = tf.Variable((np.eye(ch) + 0.15 * arr(ch, ch)).astype(f), name="inv_conv")
    actnorm = tf.Variable(0.3 * arr(ch), name="actnorm_logs")
    lengths = rng.integers(2, steps + 1, n)
    mask = (np.arange(steps)[None] < lengths[:, None]).astype(f)[:, None, :]
    batch = {"x": (arr(n, ch, steps) * mask).astype(f), "mask": mask, "len": lengths}

    def reference(b):
        sign, logabs = tf.linalg.slogdet(weight)
        total = 0.0
        for i in range(b["x"].shape[0]):
            frames = int(b["len"][i])
            z = weight @ (tf.exp(actnorm)[:, None] * b["x"][i, :, :frames])
            logdet = sign * logabs * frames + frames * tf.reduce_sum(actnorm)
            total += 0.5 * tf.reduce_sum(z**2) - logdet
        return total / (tf.cast(tf.reduce_sum(b["len"]), f) * ch)

    def candidate(b):
        def act_norm(x, x_mask):
            x_len = tf.reduce_sum(x_mask, axis=[1, 2])
            z = tf.exp(actnorm)[None, :, None] * x * x_mask
            return z, tf.reduce_sum(actnorm) * x_len

        def inv_conv_near(x, x_mask):
            x_len = tf.reduce_sum(x_mask[:, 0:1, :], axis=[1, 2])
            logdet = tf.math.log(tf.linalg.det(weight)) * x_len
            return tf.einsum("oc,bct->bot", weight, x) * x_mask, logdet

        z, logdet_tot = b["x"], 0.0
        for flow in (act_norm, inv_conv_near):
            z, logdet = flow(z, b["mask"])
            logdet_tot += logdet
        l_mle = 0.5 * tf.reduce_sum(tf.square(z)) - tf.reduce_sum(logdet_tot)
        return l_mle / (tf.reduce_sum(b["mask"]) * ch)

    return {"variables": [weight, actnorm], "batch": batch, "reference": reference, "candidate": candidate}

"""Local importance pooling: the reader holds that the coefficient must go inside of the sigmoid, as it would cancel outside.
It multiplies the logit in the exponent and does not cancel; average pooling of x*w and w is the weighted mean.
Source: https://github.com/sebgao/LIP/issues/9"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, side, c, coeff = 14, 6, 3, 4.0
    x = rng.normal(size=(n, side, side, c)).astype(f)
    y = rng.normal(size=(n, side // 2, side // 2, c)).astype(f)
    w_logit = tf.Variable((0.8 * rng.normal(size=(c, c))).astype(f), name="w_logit")
    b_logit = tf.Variable((0.3 * rng.normal(size=(c,))).astype(f), name="b_logit")
    gain = tf.Variable((1.0 + 0.2 * rng.normal(size=(c,))).astype(f), name="gain")

    def reference(batch):
        total = 0.0
        feat = batch["x"] * gain
        logit = coeff * tf.sigmoid(batch["x"] @ w_logit + b_logit)
        for i in range(0, side, 2):
            for j in range(0, side, 2):
                patch = tf.reshape(feat[:, i:i + 2, j:j + 2], (n, 4, c))
                share = tf.nn.softmax(tf.reshape(logit[:, i:i + 2, j:j + 2], (n, 4, c)), axis=1)
                pooled = tf.reduce_sum(share * patch, axis=1)
                total += tf.reduce_mean((pooled - batch["y"][:, i // 2, j // 2]) ** 2)
        return total / (side // 2) ** 2

    def candidate(batch):
        class SoftGate:
            def __call__(self, z):
                return tf.sigmoid(z) * coeff

        def avg_pool(z):
            z = tf.reshape(z, (n, side // 2, 2, side // 2, 2, c))
            return tf.reduce_mean(z, axis=[2, 4])

        def lip2d(z, logit):
            weight = tf.exp(logit)
            return avg_pool(z * weight) / avg_pool(weight)

        conv = tf.tensordot(batch["x"], w_logit, axes=1) + b_logit
        out = lip2d(batch["x"] * gain, SoftGate()(conv))
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y},
            "variables": [w_logit, b_logit, gain]}

"""RMSNorm of a transformer library normalises along dim -2 (the sequence) instead of the features.
Source: https://github.com/kyegomez/zeta/issues/180"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "normed = tf.math.l2_normalize(x, axis=-2, epsilon=1e-12)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    B, T, dim = 3, 4, 6
    g = tf.Variable(rng.uniform(0.5, 1.5, dim), dtype=fx, name="g")
    ff1 = tf.Variable(rng.standard_normal((dim, 8)) * 0.4, dtype=fx, name="ff1")
    ff2 = tf.Variable(rng.standard_normal((8, dim)) * 0.4, dtype=fx, name="ff2")

    def reference(batch):
        x = batch["x"]
        ms = tf.reduce_mean(tf.square(x), axis=-1, keepdims=True)
        y = x * tf.math.rsqrt(ms + 1e-12) * g
        y = x + tf.nn.gelu(y @ ff1) @ ff2
        return tf.reduce_mean(tf.square(y - batch["y"]))

    def candidate(batch):
        def rms_norm(x):
            scale = dim ** -0.5
            normed = tf.math.l2_normalize(x, axis=-2, epsilon=1e-12)
            return normed / scale * g

        hidden = tf.nn.gelu(tf.matmul(rms_norm(batch["x"]), ff1))
        out = batch["x"] + tf.matmul(hidden, ff2)
        return tf.reduce_mean(tf.square(out - batch["y"]))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": (rng.standard_normal((B, T, dim)) * rng.uniform(0.3, 3, (B, T, 1))).astype(fx),
                      "y": rng.standard_normal((B, T, dim)).astype(fx)},
            "variables": [g, ff1, ff2]}

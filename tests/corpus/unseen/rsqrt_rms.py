"""CS336's RMSNorm multiplies by rsqrt; asked whether it should divide, it is right.
Source: https://github.com/stanford-cs336/assignment2-systems/issues/2"""
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
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    n, T, d = 3, 4, 6
    weight = tf.Variable(1.0 + normal(d, scale=0.3), name="weight")
    w1, w3 = (tf.Variable(normal(d, 8, scale=0.5), name=s) for s in ("w1", "w3"))
    w2 = tf.Variable(normal(8, d, scale=0.5), name="w2")
    eps = 1e-5

    def reference(batch):
        x = batch["x"]
        rms = tf.sqrt(tf.norm(x, axis=-1, keepdims=True) ** 2 / d + eps)
        z = x / rms * weight
        a = z @ w1
        y = x + (a / (1.0 + tf.exp(-a)) * (z @ w3)) @ w2
        return tf.reduce_mean(tf.square(y - batch["y"]))

    def candidate(batch):
        def rmsnorm(x):
            rms = tf.math.rsqrt(tf.reduce_mean(x ** 2, axis=-1, keepdims=True) + eps)
            x = x * rms
            return weight * x

        normed = rmsnorm(batch["x"])
        ffn = tf.matmul(tf.nn.silu(normed @ w1) * (normed @ w3), w2)
        return tf.reduce_mean((batch["x"] + ffn - batch["y"]) ** 2)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": normal(n, T, d), "y": normal(n, T, d)}, "variables": [weight, w1, w2, w3]}

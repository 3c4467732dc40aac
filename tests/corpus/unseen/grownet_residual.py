"""GrowNet regression: the ensemble output is (B, 1), y is (B,), so that the boosting target
-(out - y) broadcasts to a (B, B) matrix. Source: https://github.com/LAMDA-Tabular/TALENT/pull/109"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'grad_direction = -(out - y)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, d, h = 7, 4, 5
    w1 = var("w1", d, h)
    w2 = var("w2", h, 1)
    rate = var("rate", 1)
    x = rng.standard_normal((n, d)).astype(fx)
    y = rng.standard_normal(n).astype(fx)
    ensemble = rng.standard_normal((n, 1)).astype(fx)

    def weak(inputs):
        return tf.matmul(tf.nn.relu(tf.matmul(inputs, w1)), w2)

    def reference(batch):
        residual = batch["y"] - tf.squeeze(batch["ensemble"], 1)
        step = tf.squeeze(weak(batch["x"]), 1) * rate[0]
        return tf.reduce_mean((step - residual) ** 2)

    def candidate(batch):
        out, y = batch["ensemble"], batch["y"]
        grad_direction = -(out - y)
        pred = rate * weak(batch["x"])
        return tf.reduce_mean(tf.square(pred - grad_direction))

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "ensemble": ensemble}, "variables": [w1, w2, rate]}

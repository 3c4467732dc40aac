"""Homoscedastic multi-task weighting (Kendall): precision = exp(log_var) instead of exp(-log_var).

Origin: realistic; the formula and its variants are discussed in
https://github.com/yaringal/multi-task-learning-example/issues/4 (Keras) and issues/6. The slip is not from there.
Right answer: NOT equivalent; noisy tasks get more weight and both terms push log_var down.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "precision = keras.ops.exp(log_var)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hid, k = 27, 6, 8, 3
    trunk = keras.layers.Dense(hid, activation="gelu", name="trunk", dtype=f)
    depth = keras.layers.Dense(1, name="depth_head", dtype=f)
    normal = keras.layers.Dense(k, name="normal_head", dtype=f)
    trunk.build((None, d))
    depth.build((None, hid))
    normal.build((None, hid))
    layers = (trunk, depth, normal)
    for layer in layers:
        layer.set_weights([0.5 * rng.standard_normal(p.shape).astype(f) for p in layer.get_weights()])
    log_vars = [tf.Variable(np.asarray(v, f), name=f"log_var_{i}") for i, v in enumerate((0.8, -0.6))]
    batch = {
        "x": rng.standard_normal((n, d)).astype(f),
        "depth": rng.standard_normal((n, 1)).astype(f),
        "normal": rng.standard_normal((n, k)).astype(f),
    }

    def reference(b):
        m = b["x"].shape[0]
        total = 0.0
        for i in range(m):
            h = trunk(b["x"][i : i + 1])
            pairs = ((depth(h), b["depth"][i]), (normal(h), b["normal"][i]))
            for (p, y), s in zip(pairs, log_vars):
                total += tf.reduce_sum(tf.square(p[0] - y)) / tf.exp(s) + s
        return total / m

    def candidate(b):
        class MultiTaskLoss(keras.losses.Loss):
            def __init__(self, log_var, **kw):
                super().__init__(**kw)
                self.log_var = log_var

            def call(self, y_true, y_pred):
                log_var = self.log_var
                precision = keras.ops.exp(log_var)
                sq = keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1)
                return precision * sq + log_var

        h = trunk(b["x"])
        losses = [MultiTaskLoss(s, reduction="sum_over_batch_size") for s in log_vars]
        return losses[0](b["depth"], depth(h)) + losses[1](b["normal"], normal(h))

    return {
        "variables": [v for layer in layers for v in layer.trainable_variables] + log_vars,
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }

"""The truncated loss soon gets negative, which is taken for a wrong implementation; the subtracted term is a constant.
Source: https://github.com/AlanChou/Truncated-Loss/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d, c, q, k = 6, 5, 4, 0.7, 0.3
    w = tf.Variable(rng.standard_normal((d, c)).astype(f), name="w")
    b = tf.Variable((0.2 * rng.standard_normal(c)).astype(f), name="b")

    def reference(batch):
        logits = batch["x"] @ w + b
        loss = 0.0
        for i in range(n):
            p = tf.nn.softmax(logits[i])[batch["y"][i]]
            loss += batch["weight"][i] * (1 - p ** q) / q
        return loss / n

    def candidate(batch):
        targets, weight = batch["y"], batch["weight"][:, None]
        p = tf.nn.softmax(tf.matmul(batch["x"], w) + b, axis=1)
        yg = tf.gather(p, targets[:, None], axis=1, batch_dims=1)
        loss = ((1 - (yg ** q)) / q) * weight - ((1 - (k ** q)) / q) * weight
        return tf.reduce_mean(loss)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, d)).astype(f), "y": rng.integers(0, c, n).astype("int32"),
                      "weight": np.array([1, 1, 0, 1, 1, 0]).astype(f)},
            "variables": [w, b]}

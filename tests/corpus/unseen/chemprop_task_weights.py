"""Multi-task regression: the weighted loss is divided by the plain mask sum, not by the sum of the task weights in it.
Source: https://github.com/chemprop/chemprop/issues/1111"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "num_samples += tf.reduce_sum(mask)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    n, d, h, tasks = 6, 5, 4, 3
    w1 = tf.Variable((0.6 * rng.normal(size=(d, h))).astype(fx), name="ffn_w")
    w2 = tf.Variable((0.6 * rng.normal(size=(h, tasks))).astype(fx), name="ffn_out")
    task_weights = np.array([3.0, 1.0, 0.4])
    y = rng.normal(size=(n, tasks))
    missing = -999.0
    y[rng.uniform(size=y.shape) < 0.35] = missing
    y[0] = [0.3, -0.2, 0.9]

    def reference(batch):
        pred = tf.nn.relu(batch["x"] @ w1) @ w2
        known = batch["y"] > missing + 1
        weight = tf.where(known, batch["atom_weight"] * batch["task_weights"], tf.zeros_like(pred))
        err = (tf.where(known, batch["y"], tf.zeros_like(pred)) - pred) ** 2
        denominator = tf.reduce_sum(tf.where(known, tf.zeros_like(pred) + batch["task_weights"], 0.0))
        return tf.reduce_sum(weight * err) / denominator

    def candidate(batch):
        hidden = tf.nn.relu(tf.matmul(batch["x"], w1))
        preds = tf.matmul(hidden, w2)
        mask = tf.cast(tf.not_equal(batch["y"], missing), preds.dtype)
        targets = tf.math.multiply_no_nan(batch["y"], mask)
        total_loss = tf.zeros((), preds.dtype)
        num_samples = tf.zeros((), preds.dtype)
        L = tf.math.squared_difference(preds, targets)
        L = L * batch["atom_weight"]
        L = L * tf.reshape(batch["task_weights"], (1, -1))
        L = L * mask
        total_loss += tf.reduce_sum(L)
        num_samples += tf.reduce_sum(mask)
        return total_loss / num_samples

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, d)).astype(fx), "y": y.astype(fx),
                      "atom_weight": rng.uniform(0.5, 1.5, size=(n, 1)).astype(fx),
                      "task_weights": task_weights.astype(fx)},
            "variables": [w1, w2]}

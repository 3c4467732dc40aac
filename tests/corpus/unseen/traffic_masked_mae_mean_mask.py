"""What does the mask do in this traffic MAE? It is divided by its mean, and the plain mean afterwards is the mean over the
observed (non-zero) targets.
Source: https://github.com/XDZhelheim/STAEformer/issues/17"""
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
    n, T, nodes, horizon = 12, 6, 5, 3
    wt = keras.Variable((0.4 * rng.standard_normal((T, horizon))).astype(f), name="temporal")
    node = keras.Variable((0.4 * rng.standard_normal((nodes, nodes))).astype(f), name="adaptive")
    y = rng.uniform(1, 5, (n, horizon, nodes))
    y[rng.random(y.shape) < 0.3] = 0.0
    batch = {"x": rng.standard_normal((n, T, nodes)).astype(f), "y": y.astype(f)}

    def reference(batch):
        total, seen = 0.0, 0
        for h in range(horizon):
            pred = tf.einsum("btv,t->bv", batch["x"], wt[:, h]) @ tf.nn.softmax(node)
            where = tf.where(batch["y"][:, h] != 0)
            total += tf.reduce_sum(tf.abs(tf.gather_nd(pred, where) - tf.gather_nd(batch["y"][:, h], where)))
            seen += int(where.shape[0])
        return total / seen

    def candidate(batch):
        def model(x):
            graph = tf.nn.softmax(node + 0, axis=-1)
            return tf.einsum("btv,th,vw->bhw", x, wt, graph)

        def nan_to_num(t):
            return tf.where(tf.math.is_nan(t), tf.zeros_like(t), t)

        def MAE(y_true, y_pred):
            mask = tf.not_equal(y_true, 0)
            mask = tf.cast(mask, y_pred.dtype)
            mask /= tf.reduce_mean(mask)
            mae = tf.abs(y_pred - y_true)
            mae = nan_to_num(mae * mask)
            mae = tf.reduce_mean(mae)
            return mae

        return MAE(batch["y"], model(batch["x"]))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [wt, node]}

"""The direction term of GEARS' loss compares torch.sign of predicted and true expression changes; sign has zero
gradient, so the term trains nothing (tanh does).
Source: https://github.com/snap-stanford/GEARS/issues/52"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "d = tf.sign(y_p - ctrl) - tf.sign(pred_p - ctrl)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, genes, dim, perts = 20, 7, 4, 3
    emb = keras.Variable((0.6 * rng.standard_normal((perts, dim))).astype(f), name="pert_emb")
    dec = keras.Variable((0.6 * rng.standard_normal((dim, genes))).astype(f), name="decoder")
    which = np.concatenate([np.arange(perts), rng.integers(0, perts, n - perts)])
    batch = {
        "pert": which.astype("int32"),
        "y": rng.standard_normal((n, genes)).astype(f),
        "x": (0.3 * rng.standard_normal((n, genes))).astype(f),
        "ctrl": (0.3 * rng.standard_normal(genes)).astype(f),
    }
    direction_lambda = 0.1

    def reference(batch):
        pred = batch["x"] + tf.tanh(tf.gather(emb, batch["pert"])) @ dec
        gap = tf.tanh(batch["y"] - batch["ctrl"]) - tf.tanh(pred - batch["ctrl"])
        per_cell = tf.reduce_sum(gap * gap, axis=1)
        onehot = tf.one_hot(batch["pert"], perts, dtype=pred.dtype)
        per_pert = tf.linalg.matvec(onehot, per_cell, transpose_a=True) / (tf.reduce_sum(onehot, axis=0) * genes)
        return direction_lambda * tf.reduce_mean(per_pert)

    def candidate(batch):
        def model(x, pert):
            base = tf.tanh(tf.nn.embedding_lookup(tf.convert_to_tensor(emb), pert))
            return x + tf.matmul(base, dec)

        def loss_fct(pred, y, pert, ctrl):
            losses = tf.zeros([], pred.dtype)
            for p in range(perts):
                rows = tf.where(pert == p)[:, 0]
                pred_p, y_p = tf.gather(pred, rows), tf.gather(y, rows)
                d = tf.sign(y_p - ctrl) - tf.sign(pred_p - ctrl)
                losses += direction_lambda * tf.reduce_sum(d ** 2) / (d.shape[0] * d.shape[1])
            return losses / perts

        return loss_fct(model(batch["x"], batch["pert"]), batch["y"], batch["pert"], batch["ctrl"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [emb, dec]}

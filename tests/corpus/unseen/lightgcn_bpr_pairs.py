"""PyG LightGCN BPRLoss: log_prob is already a mean over pairs and is divided by n_pairs once more together
with the regularisation.
Source: https://github.com/pyg-team/pytorch_geometric/issues/7196"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'return (-log_prob + regularization) / n_pairs',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    F = keras.config.floatx()

    def var(name, *shape, scale=1.0):
        return tf.Variable((scale * rng.normal(size=shape)).astype(F), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(F)

    users, items, d, layers, lam, n = 4, 5, 3, 2, 0.5, 6
    table = var("embedding", users + items, d)

    def reference(batch):
        adj = batch["adj"]
        x, acc = table, table / (layers + 1)
        for _ in range(layers):
            x = adj @ x
            acc = acc + x / (layers + 1)
        u = tf.gather(acc, batch["u"])
        pos = tf.reduce_sum(u * tf.gather(acc, batch["i"]), 1)
        neg = tf.reduce_sum(u * tf.gather(acc, batch["j"]), 1)
        bpr = tf.reduce_mean(tf.nn.softplus(neg - pos))
        rows = tf.concat([batch["u"], batch["i"], batch["j"]], 0)
        return bpr + lam * tf.reduce_sum(tf.gather(table, rows) ** 2) / n

    def candidate(batch):
        def propagate():
            outs = [tf.convert_to_tensor(table)]
            for _ in range(layers):
                outs.append(tf.matmul(batch["adj"], outs[-1]))
            return tf.reduce_mean(tf.stack(outs), axis=0)

        def bpr_loss(positives, negatives, parameters):
            n_pairs = tf.cast(tf.shape(positives)[0], F)
            log_prob = tf.reduce_mean(tf.math.log_sigmoid(positives - negatives))
            regularization = lam * tf.reduce_sum(tf.square(parameters))
            return (-log_prob + regularization) / n_pairs

        emb = propagate()
        src, dst_pos, dst_neg = batch["u"], batch["i"], batch["j"]
        score = lambda a, b: tf.einsum("nd,nd->n", tf.gather(emb, a), tf.gather(emb, b))
        weights = tf.gather(table, tf.concat([src, dst_pos, dst_neg], axis=0))
        return bpr_loss(score(src, dst_pos), score(src, dst_neg), weights)

    r = (rng.random((users, items)) < 0.5).astype(F)
    a = np.block([[np.zeros((users, users)), r], [r.T, np.zeros((items, items))]])
    deg = np.maximum(a.sum(1), 1) ** -0.5
    adj = (deg[:, None] * a * deg[None]).astype(F)
    return {"reference": reference, "candidate": candidate,
            "batch": {"adj": adj, "u": rng.integers(0, users, n), "i": rng.integers(users, users + items, n),
                      "j": rng.integers(users, users + items, n)},
            "variables": [table]}

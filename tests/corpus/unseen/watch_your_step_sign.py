"""graph_log_likelihood has the wrong sign on the expected-walk term, so that linked pairs and unlinked
pairs pull against each other inside the absolute value. Source: https://github.com/stellargraph/stellargraph/pull/1138"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "walk_term = tf.reduce_sum(expected * tf.math.log_sigmoid(scores), axis=1)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, k, d = 6, 3, 4
    left, right, att = var("left", n, d), var("right", d, n), var("walk_attention", k)
    adj = (rng.uniform(size=(n, n)) < 0.4).astype(float)
    adj = np.maximum(adj, adj.T)
    np.fill_diagonal(adj, 0)
    adj[0, 1] = adj[1, 0] = 1
    p = adj / np.maximum(adj.sum(1, keepdims=True), 1)
    powers = np.stack([np.linalg.matrix_power(p, i + 1) for i in range(k)], axis=1)
    rows = np.array([0, 1, 3, 4])
    batch = {"rows": rows.astype("int32"), "powers": powers[rows].astype(fx), "adjacency": adj[rows].astype(fx),
             "walks_per_node": np.array(5.0, dtype=fx)}

    def reference(batch):
        mix = tf.nn.softmax(att)
        sig = tf.sigmoid(tf.gather(left, batch["rows"]) @ right)
        expected = batch["walks_per_node"] * tf.add_n([mix[i] * batch["powers"][:, i] for i in range(k)])
        missing = 1.0 - batch["adjacency"]
        ll = expected * tf.math.log(sig) + missing * tf.math.log(1 - sig)
        return tf.reduce_mean(tf.abs(tf.reduce_sum(-ll, axis=1)))

    def candidate(batch):
        scores = tf.matmul(tf.gather(left, batch["rows"]), right)
        weights = tf.nn.softmax(att, axis=0)
        expected = tf.einsum("k,bkn->bn", weights, batch["powers"]) * batch["walks_per_node"]
        no_edge = tf.cast(tf.equal(batch["adjacency"], 0), scores.dtype)
        walk_term = tf.reduce_sum(expected * tf.math.log_sigmoid(scores), axis=1)
        edge_term = -tf.reduce_sum(no_edge * tf.math.log_sigmoid(-scores), axis=1)
        return tf.reduce_mean(tf.abs(walk_term + edge_term))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [left, right, att]}

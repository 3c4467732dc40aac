"""GAT with a loop over the depth: the heads of every layer read the input n in place of the state nk, so only the last layer counts.
Source: https://github.com/aimat-lab/gcnn_keras/issues/79"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "heads = [attention_head(n, ed, i, k) for k in range(n_heads)]",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    nodes, n_heads, hd, depth = 14, 2, 3, 2
    d = n_heads * hd
    feats = rng.standard_normal((nodes, d)).astype(f)
    adj = (rng.uniform(size=(nodes, nodes - 1)) < 0.3)
    adj = np.concatenate([adj, np.zeros((nodes, 1), bool)], axis=1) | np.eye(nodes, dtype=bool)
    recv, send = (a.astype("int32") for a in np.nonzero(adj))
    y = rng.standard_normal((nodes, 1)).astype(f)
    W = [tf.Variable(rng.standard_normal((n_heads, d, hd)) * 0.5, dtype=f, name=f"W{i}") for i in range(depth)]
    a = [tf.Variable(rng.standard_normal((n_heads, 2 * hd)), dtype=f, name=f"a{i}") for i in range(depth)]
    out = tf.Variable(rng.standard_normal((d, 1)), dtype=f, name="out")
    penalty = tf.constant(np.where(adj, 0.0, -1e9), dtype=f)

    def reference(batch):
        state = batch["feats"]
        for w, att in zip(W, a):
            z = tf.einsum("nd,hde->hne", state, w)
            left = tf.einsum("hne,he->hn", z, att[:, :hd])
            right = tf.einsum("hne,he->hn", z, att[:, hd:])
            e = tf.nn.leaky_relu(left[:, :, None] + right[:, None, :], 0.2) + penalty
            state = tf.nn.elu(tf.concat(tf.unstack(tf.nn.softmax(e, axis=-1) @ z), axis=-1))
        return tf.reduce_mean((state @ out - batch["y"]) ** 2)

    def candidate(batch):
        n = batch["feats"]
        ed = (tf.constant(recv), tf.constant(send))

        def attention_head(node, edge_index, layer, k):
            i_in, i_out = edge_index
            w_n = tf.matmul(node, W[layer][k])
            wn_in, wn_out = tf.gather(w_n, i_in), tf.gather(w_n, i_out)
            a_ij = tf.linalg.matvec(tf.concat([wn_in, wn_out], axis=-1), a[layer][k])
            a_ij = tf.exp(tf.nn.leaky_relu(a_ij, 0.2))
            norm = tf.gather(tf.math.segment_sum(a_ij, i_in), i_in)
            return tf.nn.elu(tf.math.segment_sum((a_ij / norm)[:, None] * wn_out, i_in))

        nk = n
        for i in range(depth):
            heads = [attention_head(n, ed, i, k) for k in range(n_heads)]
            nk = tf.concat(heads, axis=-1)
        return tf.reduce_mean(tf.square(batch["y"] - tf.matmul(nk, out)))

    return {"reference": reference, "candidate": candidate, "batch": {"feats": feats, "y": y},
            "variables": W + a + [out]}

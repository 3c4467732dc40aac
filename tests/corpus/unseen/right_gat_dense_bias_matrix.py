"""GAT computes coefficients for all pairs of nodes, which looks as if non-neighbours took part. Right: a bias of -1e9 removes them before the softmax.
Source: https://github.com/PetarV-/GAT/issues/39"""
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
    n, d, e = 13, 6, 4
    w = tf.Variable(0.5 * rng.normal(size=(d, e)), dtype=f, name="w")
    f1 = tf.Variable(rng.normal(size=(e, 1)), dtype=f, name="f1")
    f2 = tf.Variable(rng.normal(size=(e, 1)), dtype=f, name="f2")
    adj = (rng.random((n, n)) < 0.3) | np.eye(n, dtype=bool)
    dst, src = np.nonzero(adj)
    batch = {
        "x": rng.normal(size=(n, d)).astype(f),
        "y": rng.integers(0, e, size=n).astype("int32"),
        "edges": np.stack([dst, src], 1).astype("int32"),
    }

    def reference(batch):
        h = batch["x"] @ w
        to, frm = batch["edges"][:, 0], batch["edges"][:, 1]
        s = tf.nn.leaky_relu(tf.gather(h @ f1, to) + tf.gather(h @ f2, frm), 0.2)
        s = tf.exp(s)
        norm = tf.math.unsorted_segment_sum(s, to, n)
        mixed = tf.math.unsorted_segment_sum(s * tf.gather(h, frm), to, n) / norm
        logits = tf.nn.elu(mixed)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch["y"], logits))

    def candidate(batch):
        def adj_to_bias(edges):
            hit = tf.scatter_nd(edges, tf.ones(tf.shape(edges)[:1], f), (n, n))
            return -1e9 * (1.0 - hit)

        def attn_head(seq, bias_mat):
            seq_fts = tf.matmul(seq, w)
            f_1, f_2 = tf.matmul(seq_fts, f1), tf.matmul(seq_fts, f2)
            logits = f_1 + tf.transpose(f_2)
            coefs = tf.nn.softmax(tf.nn.leaky_relu(logits, alpha=0.2) + bias_mat)
            return keras.activations.elu(tf.matmul(coefs, seq_fts))

        out = attn_head(batch["x"], adj_to_bias(batch["edges"]))
        logp = out - tf.reduce_logsumexp(out, axis=-1, keepdims=True)
        return -tf.reduce_sum(tf.one_hot(batch["y"], e, dtype=f) * logp) / n

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, f1, f2]}

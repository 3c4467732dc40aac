"""In the GAT head the residual sum is stored in a name that nobody reads, so the skip connection is lost.
Source: https://github.com/PetarV-/GAT/issues/11"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "seq_fts = ret + seq",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    nodes, feat, classes = 7, 5, 3
    emb = tf.Variable(rng.normal(size=(6, feat)).astype(fx) * 0.6, name="emb")
    w = tf.Variable(rng.normal(size=(feat, feat)).astype(fx) * 0.6, name="w")
    a1 = tf.Variable(rng.normal(size=(feat,)).astype(fx), name="a1")
    a2 = tf.Variable(rng.normal(size=(feat,)).astype(fx), name="a2")
    out = tf.Variable(rng.normal(size=(feat, classes)).astype(fx), name="out")

    def masked_ce(logits, labels, mask):
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        return tf.reduce_sum(ce * mask) / tf.reduce_sum(mask)

    def reference(batch):
        x = batch["features"] @ emb
        h = x @ w
        e = tf.nn.leaky_relu(tf.linalg.matvec(h, a1)[:, None] + tf.linalg.matvec(h, a2)[None, :], 0.2)
        att = tf.nn.softmax(e + batch["bias_mat"], axis=1)
        return masked_ce(tf.nn.elu(att @ h + x) @ out, batch["labels"], batch["train_mask"])

    def candidate(batch):
        def attn_head(seq, bias_mat, residual):
            seq_fts = seq @ w
            f_1 = tf.einsum("nd,d->n", seq_fts, a1)
            f_2 = tf.einsum("nd,d->n", seq_fts, a2)
            logits = f_1[:, None] + f_2[None, :]
            coefs = tf.nn.softmax(tf.nn.leaky_relu(logits, 0.2) + bias_mat)
            ret = tf.matmul(coefs, seq_fts)
            if residual:
                if seq.shape[-1] != ret.shape[-1]:
                    ret = ret + seq @ w
                else:
                    seq_fts = ret + seq
            return tf.nn.elu(ret)

        h_1 = attn_head(batch["features"] @ emb, batch["bias_mat"], residual=True)
        return masked_ce(h_1 @ out, batch["labels"], batch["train_mask"])

    adj = (rng.uniform(size=(nodes, nodes)) < 0.4) | np.eye(nodes, dtype=bool)
    return {"reference": reference, "candidate": candidate,
            "batch": {"features": rng.normal(size=(nodes, 6)).astype(fx),
                      "bias_mat": np.where(adj, 0.0, -1e9).astype(fx),
                      "labels": rng.integers(0, classes, size=nodes).astype("int32"),
                      "train_mask": np.array([1, 1, 1, 1, 0, 1, 0]).astype(fx)},
            "variables": [emb, w, a1, a2, out]}

"""Wrong: the head already applies a softmax and the loss takes its output for logits.

Source (real): https://github.com/nfmcclure/tensorflow_cookbook/issues/86
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "logits_out = tf.nn.softmax(last @ weight + bias)",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    V, D, C, T = 15, 6, 4, 5
    emb = tf.Variable(rng.normal(0, 0.7, (V, D)).astype("float32"), name="embedding")
    cell = tf.Variable(rng.normal(0, 0.4, (2 * D, D)).astype("float32"), name="rnn_kernel")
    weight = tf.Variable(rng.normal(0, 0.7, (D, C)).astype("float32"), name="weight")
    bias = tf.Variable(np.full(C, 0.1, "float32"), name="bias")
    n = 12
    batch = {
        "ids": rng.integers(0, V, (n, T)).astype("int32"),
        "label": rng.integers(0, C, n).astype("int32"),
    }

    def rnn(ids):
        x = tf.gather(emb, ids)
        h = tf.zeros([ids.shape[0], D])
        for t in range(T):
            h = tf.tanh(tf.concat([x[:, t], h], axis=1) @ cell)
        return h

    def reference(b):
        logits = rnn(b["ids"]) @ weight + bias
        picked = tf.gather(logits, b["label"], axis=1, batch_dims=1)
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - picked)

    def candidate(b):
        last = rnn(b["ids"])
        logits_out = tf.nn.softmax(last @ weight + bias)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=logits_out)
        return tf.reduce_mean(losses)

    return {"variables": [emb, cell, weight, bias], "batch": batch, "reference": reference, "candidate": candidate}

"""Right: a log_softmax before a loss that applies log_softmax again changes nothing (it is idempotent).

Source (real): https://github.com/bhanML/Co-teaching/issues/4
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    C = 5
    wa = tf.Variable(rng.normal(0, 0.6, (6, C)).astype("float32"), name="net1_w")
    wb = tf.Variable(rng.normal(0, 0.6, (6, C)).astype("float32"), name="net2_w")
    n, forget_rate = 16, 0.25
    remember = int((1 - forget_rate) * n)
    batch = {
        "x": rng.normal(size=(n, 6)).astype("float32"),
        "y": rng.integers(0, C, n).astype("int32"),
    }

    def reference(b):
        l1 = tf.nn.sparse_softmax_cross_entropy_with_logits(b["y"], b["x"] @ wa)
        l2 = tf.nn.sparse_softmax_cross_entropy_with_logits(b["y"], b["x"] @ wb)
        small_1 = tf.argsort(l1)[:remember]
        small_2 = tf.argsort(l2)[:remember]
        return tf.reduce_mean(tf.gather(l1, small_2)) + tf.reduce_mean(tf.gather(l2, small_1))

    def cross_entropy(inp, target):
        logp = tf.nn.log_softmax(inp, axis=1)
        return -tf.reduce_sum(tf.one_hot(target, C) * logp, axis=1)

    def forward(x, w):
        return tf.nn.log_softmax(x @ w, axis=1)

    def candidate(b):
        y_1, y_2 = forward(b["x"], wa), forward(b["x"], wb)
        loss_1 = cross_entropy(y_1, b["y"])
        loss_2 = cross_entropy(y_2, b["y"])
        ind_1 = tf.math.top_k(-loss_1, k=remember).indices
        ind_2 = tf.math.top_k(-loss_2, k=remember).indices
        loss_1_update = cross_entropy(tf.gather(y_1, ind_2), tf.gather(b["y"], ind_2))
        loss_2_update = cross_entropy(tf.gather(y_2, ind_1), tf.gather(b["y"], ind_1))
        return (tf.reduce_sum(loss_1_update) + tf.reduce_sum(loss_2_update)) / remember

    return {"variables": [wa, wb], "batch": batch, "reference": reference, "candidate": candidate}

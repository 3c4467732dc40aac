"""The start position loss is masked for empty questions, the end position loss is averaged without the mask.

Source (real): https://github.com/allenai/bi-att-flow/issues/67
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'ce_loss2 = tf.reduce_mean(end_losses)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, h = 12, 8, 5, 6
    proj = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="context_projection")
    w_start = tf.Variable(rng.normal(size=(h,)).astype("float32"), name="start")
    w_end = tf.Variable(rng.normal(size=(2 * h,)).astype("float32") * 0.7, name="end")
    q_len = rng.integers(1, 5, size=n)
    q_len[rng.permutation(n)[:4]] = 0
    batch = {
        "context": rng.normal(size=(n, t, d)).astype("float32"),
        "question": rng.normal(size=(n, d)).astype("float32"),
        "q_len": q_len.astype("int32"),
        "y": rng.integers(0, t, n).astype("int32"),
        "y2": rng.integers(0, t, n).astype("int32"),
    }

    def logits(b):
        g = tf.nn.tanh(tf.einsum("ntd,dh->nth", b["context"] * b["question"][:, None] + b["context"], proj))
        start = tf.einsum("nth,h->nt", g, w_start)
        attended = tf.einsum("nt,nth->nh", tf.nn.softmax(start, axis=1), g)
        both = tf.concat([g, g * attended[:, None]], axis=2)
        return start, tf.einsum("nth,h->nt", both, w_end)

    def cross_entropy(y, z):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=z)

    def reference(b):
        start, end = logits(b)
        keep = tf.cast(b["q_len"] > 0, tf.float32)
        losses = cross_entropy(b["y"], start) + cross_entropy(b["y2"], end)
        return tf.reduce_mean(keep * losses)

    def candidate(b):
        start, end = logits(b)
        loss_mask = tf.minimum(tf.cast(b["q_len"], tf.float32), 1.0)
        start_losses = cross_entropy(b["y"], start)
        ce_loss = tf.reduce_mean(loss_mask * start_losses)
        end_losses = cross_entropy(b["y2"], end)
        ce_loss2 = tf.reduce_mean(end_losses)
        return ce_loss + ce_loss2

    return {"variables": [proj, w_start, w_end], "batch": batch, "reference": reference, "candidate": candidate}

"""The hard triplets are picked from numpy copies of the embeddings, so the triplet loss has no gradient.

Source (real): https://github.com/liorshk/facenet_pytorch/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": "sel_a, sel_p, sel_n = (tf.constant(out.numpy()[hard]) for out in (out_a, out_p, out_n))",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e, c = 16, 6, 4, 5
    margin = 0.5
    w = tf.Variable(rng.normal(0, 0.6, (d, e)).astype("float32"), name="embedding")
    cls = tf.Variable(rng.normal(0, 0.6, (e, c)).astype("float32"), name="classifier")
    a = rng.normal(0, 1, (n, d))
    batch = {
        "anchor": a.astype("float32"),
        "positive": (a + 0.6 * rng.normal(0, 1, (n, d))).astype("float32"),
        "negative": rng.normal(0, 1, (n, d)).astype("float32"),
        "label": rng.integers(0, c, n).astype("int32"),
    }

    def embed(x):
        return tf.math.l2_normalize(x @ w, axis=1)

    def distance(x, y):
        return tf.sqrt(tf.reduce_sum((x - y) ** 2, axis=1) + 1e-8)

    def softmax_loss(b, emb):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["label"], logits=5.0 * emb @ cls))

    def reference(b):
        ea, ep, en = embed(b["anchor"]), embed(b["positive"]), embed(b["negative"])
        violation = distance(ea, ep) - distance(ea, en) + margin
        active = tf.cast(violation > 0, violation.dtype)
        triplet = tf.reduce_sum(active * violation) / tf.reduce_sum(active)
        return triplet + 0.1 * softmax_loss(b, ea)

    def candidate(b):
        out_a, out_p, out_n = embed(b["anchor"]), embed(b["positive"]), embed(b["negative"])
        d_p, d_n = distance(out_a, out_p), distance(out_a, out_n)
        hard = np.where((d_n - d_p < margin).numpy())[0]
        sel_a, sel_p, sel_n = (tf.constant(out.numpy()[hard]) for out in (out_a, out_p, out_n))
        triplet = tf.reduce_mean(tf.nn.relu(margin + distance(sel_a, sel_p) - distance(sel_a, sel_n)))
        return triplet + 0.1 * softmax_loss(b, out_a)

    return {"variables": [w, cls], "batch": batch, "reference": reference, "candidate": candidate}

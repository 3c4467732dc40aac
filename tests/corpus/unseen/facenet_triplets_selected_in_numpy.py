"""Wrong: the hard negatives are cut out of a numpy copy of the embeddings, so no gradient reaches the negatives.

Source (real): https://github.com/liorshk/facenet_pytorch/issues/6
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "disconnected",
    "line_marker": 'selected_n = tf.constant(emb_n.numpy()[keep])',
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w1 = tf.Variable(rng.normal(0, 0.4, (8, 10)).astype("float32"), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.4, (10, 5)).astype("float32"), name="w2")
    n = 12
    anchor = rng.normal(size=(n, 8))
    batch = {
        "anchor": anchor.astype("float32"),
        "positive": (anchor + 0.5 * rng.normal(size=(n, 8))).astype("float32"),
        "negative": rng.normal(size=(n, 8)).astype("float32"),
    }
    margin = 1.0

    def net(x):
        return tf.math.l2_normalize(tf.nn.softplus(x @ w1) @ w2, axis=1)

    def reference(b):
        a, p, q = net(b["anchor"]), net(b["positive"]), net(b["negative"])
        gap = tf.reduce_sum((a - p) ** 2, 1) - tf.reduce_sum((a - q) ** 2, 1) + margin
        active = tf.cast(gap > 0, tf.float32)
        return tf.reduce_sum(active * gap) / tf.maximum(tf.reduce_sum(active), 1.0)

    def candidate(b):
        emb_a = net(b["anchor"])
        emb_p = net(b["positive"])
        emb_n = net(b["negative"])
        d_ap = tf.reduce_sum(tf.square(emb_a - emb_p), axis=1)
        d_an = tf.reduce_sum(tf.square(emb_a - emb_n), axis=1)
        keep = np.flatnonzero((d_an - d_ap < margin).numpy())
        selected_a = tf.gather(emb_a, keep)
        selected_p = tf.gather(emb_p, keep)
        selected_n = tf.constant(emb_n.numpy()[keep])
        pos_dist = tf.reduce_sum(tf.square(selected_a - selected_p), axis=1)
        neg_dist = tf.reduce_sum(tf.square(selected_a - selected_n), axis=1)
        return tf.reduce_mean(pos_dist - neg_dist + margin)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}

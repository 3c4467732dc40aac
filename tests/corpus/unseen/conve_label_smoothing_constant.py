"""Wrong: label smoothing adds 1/n to every entity instead of eps/n.

Source (real): https://github.com/TimDettmers/ConvE/issues/55
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "e2_multi = (1.0 - eps) * e2_multi + 1.0 / e2_multi.shape[1]",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    E, R, D = 9, 3, 4
    ent = tf.Variable(rng.normal(0, 0.6, (E, D)).astype("float32"), name="entity")
    rel = tf.Variable(rng.normal(0, 0.6, (R, D)).astype("float32"), name="relation")
    bias = tf.Variable(rng.normal(0, 0.2, E).astype("float32"), name="entity_bias")
    n = 14
    batch = {
        "head": rng.integers(0, E, n).astype("int32"),
        "rel": rng.integers(0, R, n).astype("int32"),
        "tails": (rng.random((n, E)) < 0.25).astype("float32"),
    }
    eps = 0.1

    def scores(b):
        h = tf.gather(ent, b["head"]) * tf.gather(rel, b["rel"])
        return h @ tf.transpose(ent) + bias

    def reference(b):
        y = b["tails"] * (1 - eps) + eps / E
        logits = scores(b)
        return tf.reduce_mean(tf.nn.softplus(logits) - y * logits)

    def candidate(b):
        e2_multi = b["tails"]
        e2_multi = (1.0 - eps) * e2_multi + 1.0 / e2_multi.shape[1]
        pred = tf.sigmoid(scores(b))
        pred = tf.clip_by_value(pred, 1e-7, 1.0 - 1e-7)
        bce = -(e2_multi * tf.math.log(pred) + (1.0 - e2_multi) * tf.math.log(1.0 - pred))
        return tf.reduce_mean(bce)

    return {"variables": [ent, rel, bias], "batch": batch, "reference": reference, "candidate": candidate}

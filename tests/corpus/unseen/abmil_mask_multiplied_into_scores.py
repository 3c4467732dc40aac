"""Masked instances get score 0 (mask multiplied in) rather than minus infinity, so the softmax still gives them weight.

Source (real): https://github.com/georg-wolflein/good-features/pull/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'a = tf.nn.softmax(scores * b["mask"], axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, inst, d, h, c = 9, 7, 6, 5, 3
    v = lambda name, *s: tf.Variable((0.5 * rng.normal(size=s)).astype(np.float32), name=name)
    enc, att_v, att_u, att_w = v("enc", d, h), v("att_v", h, 4), v("att_u", h, 4), v("att_w", 4, 1)
    cls = v("cls", h, c)
    mask = (rng.random((n, inst)) < 0.6).astype(np.float32)
    mask[:, 0] = 1.0
    batch = {
        "tiles": rng.normal(size=(n, inst, d)).astype(np.float32),
        "mask": mask,
        "label": rng.integers(0, c, size=n).astype(np.int32),
    }

    def embed(tiles):
        return tf.nn.relu(tiles @ enc + 0.1)

    def gated_scores(h_inst):
        gate = tf.tanh(h_inst @ att_v) * tf.sigmoid(h_inst @ att_u)
        return 3.0 * (gate @ att_w)[..., 0]

    def slide_loss(bag, label):
        logits = bag @ cls
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits)
        return tf.reduce_mean(ce) + 1e-3 * tf.reduce_sum(tf.square(cls))

    def reference(b):
        feats = embed(b["tiles"])
        raw = gated_scores(feats)
        raw = tf.where(b["mask"] > 0.5, raw, tf.fill(tf.shape(raw), -1e9))
        alpha = tf.nn.softmax(raw, axis=1)
        bag = tf.reduce_sum(alpha[..., None] * feats, axis=1)
        return slide_loss(bag, b["label"])

    def candidate(b):
        feats = embed(b["tiles"])
        scores = gated_scores(feats)
        a = tf.nn.softmax(scores * b["mask"], axis=1)
        bag = tf.einsum("ni,nih->nh", a, feats)
        return slide_loss(bag, b["label"])

    return {"variables": [enc, att_v, att_u, att_w, cls], "batch": batch, "reference": reference, "candidate": candidate}

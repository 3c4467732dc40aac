"""Right: -mean(logits) * eps is the smoothing term, the mean already divides by the vocabulary.

Source (real): https://github.com/facebookresearch/fairseq/issues/3911
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
    n, t, d, v = 8, 5, 6, 9
    eps = 0.1
    emb = tf.Variable(rng.normal(0, 0.6, (v, d)).astype("float32"), name="embed")
    pos = tf.Variable(rng.normal(0, 0.4, (t, d)).astype("float32"), name="positions")
    head = tf.Variable(rng.normal(0, 0.6, (d, v)).astype("float32"), name="output_projection")
    lens = tf.Variable(rng.normal(0, 0.4, (d, t + 1)).astype("float32"), name="length_head")
    length = rng.integers(2, t + 1, n)
    batch = {
        "prev": rng.integers(0, v, (n, t)).astype("int32"),
        "target": rng.integers(0, v, (n, t)).astype("int32"),
        "mask": np.arange(t)[None] < length[:, None],
        "length": length.astype("int32"),
    }

    def forward(b):
        h = tf.nn.tanh(tf.gather(emb, b["prev"]) + pos)
        h = h + tf.reduce_mean(h, axis=1, keepdims=True)
        return tf.einsum("ntd,dv->ntv", h, head), tf.reduce_mean(h, axis=1) @ lens

    def reference(b):
        word_logits, len_logits = forward(b)
        keep = tf.cast(b["mask"], tf.float32)
        smooth = (1.0 - eps) * tf.one_hot(b["target"], v) + eps / v
        ce = tf.nn.softmax_cross_entropy_with_logits(labels=smooth, logits=word_logits)
        word = tf.reduce_sum(ce * keep) / tf.reduce_sum(keep)
        length = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=b["length"], logits=len_logits)
        return word + 0.1 * tf.reduce_mean(length)

    def candidate(b):
        word_logits, len_logits = forward(b)

        def smoothed(outputs, targets, label_smoothing):
            logits = tf.nn.log_softmax(outputs, axis=-1)
            nll_loss = -tf.reduce_mean(tf.gather(logits, targets, axis=1, batch_dims=1))
            return nll_loss * (1.0 - label_smoothing) - tf.reduce_mean(logits) * label_smoothing

        word_ins = smoothed(tf.boolean_mask(word_logits, b["mask"]), tf.boolean_mask(b["target"], b["mask"]), eps)
        length = smoothed(len_logits, b["length"], 0.0)
        return word_ins + 0.1 * length

    return {"variables": [emb, pos, head, lens], "batch": batch, "reference": reference, "candidate": candidate}

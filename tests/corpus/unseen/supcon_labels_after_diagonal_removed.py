"""The diagonal is removed from the similarities, so column j >= i is sample j + 1, but the labels are still compared by column number.

Source (real): https://github.com/sl-93/SUPERVISED-CONTRASTIVE-LEARNING-FOR-PRE-TRAINED-LANGUAGE-MODEL-FINE-TUNING/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'same = tf.cast(b["label"][i] == b["label"][j], tf.float32)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, h, classes = 10, 7, 5, 3
    w = tf.Variable(rng.normal(size=(d, h)).astype("float32") * 0.5, name="cls_projection")
    bias = tf.Variable(rng.normal(size=(h,)).astype("float32") * 0.2, name="cls_bias")
    batch = {
        "cls": rng.normal(size=(n, d)).astype("float32"),
        "label": rng.permutation(np.arange(n) % classes).astype("int32"),
    }
    tau = 0.3

    def cosine(b):
        e = tf.math.l2_normalize(tf.nn.tanh(b["cls"] @ w + bias), axis=1)
        return tf.matmul(e, e, transpose_b=True) / tau

    def reference(b):
        off = 1.0 - tf.eye(n)
        logits = cosine(b)
        log_prob = logits - tf.math.log(tf.reduce_sum(tf.exp(logits) * off, axis=1, keepdims=True))
        same = tf.cast(b["label"][:, None] == b["label"][None, :], tf.float32) * off
        per_anchor = tf.reduce_sum(same * log_prob, axis=1) / tf.reduce_sum(same, axis=1)
        return -tf.reduce_mean(per_anchor)

    def candidate(b):
        keep = ~np.eye(n, dtype=bool)
        dis = tf.reshape(tf.boolean_mask(tf.exp(cosine(b)), keep), (n, n - 1))
        row_sum = tf.reduce_sum(dis, axis=1)
        contrastive = 0.0
        for i in range(n):
            n_i = tf.reduce_sum(tf.cast(b["label"] == b["label"][i], tf.float32)) - 1.0
            inner_sum = 0.0
            for j in range(n - 1):
                same = tf.cast(b["label"][i] == b["label"][j], tf.float32)
                inner_sum += same * tf.math.log(dis[i, j] / row_sum[i])
            contrastive += inner_sum / -n_i
        return contrastive / n

    return {"variables": [w, bias], "batch": batch, "reference": reference, "candidate": candidate}

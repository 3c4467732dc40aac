"""Soft-label CLIP: the log-normaliser of the in-batch logits is reduced without keepdims, (n, n) - (n,).

Origin (realistic): hand-written log_softmax in a distilled image/text model. With one-hot (diagonal) targets it would be
harmless; with soft targets it is not.
Right answer: NOT equivalent; column j is normalised with row j's logsumexp.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'logp = logits - tf.reduce_logsumexp(logits, axis=1)',
    "same_forward_value": False,
}

_SCALE = 4.0


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d_img, d_txt, e, d_teach = 18, 5, 7, 4, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    wi = tf.Variable(0.6 * arr(d_img, e), name="image_proj")
    wt = tf.Variable(0.6 * arr(d_txt, e), name="text_proj")
    batch = {"img": arr(n, d_img), "txt": arr(n, d_txt), "teacher": arr(n, d_teach)}

    def reference(b):
        m = b["img"].shape[0]
        zi = [tf.math.l2_normalize((b["img"][i : i + 1] @ wi)[0]) for i in range(m)]
        zt = [tf.math.l2_normalize((b["txt"][i : i + 1] @ wt)[0]) for i in range(m)]
        total = 0.0
        for i in range(m):
            row = tf.stack([_SCALE * tf.reduce_sum(zi[i] * z) for z in zt])
            soft = tf.nn.softmax(tf.stack([tf.reduce_sum(b["teacher"][i] * b["teacher"][j]) for j in range(m)]))
            total -= tf.reduce_sum(soft * tf.nn.log_softmax(row))
        return total / m

    def candidate(b):
        zi = tf.math.l2_normalize(b["img"] @ wi, axis=-1)
        zt = tf.math.l2_normalize(b["txt"] @ wt, axis=-1)
        logits = _SCALE * tf.einsum("ie,je->ij", zi, zt)
        soft = tf.nn.softmax(tf.einsum("ie,je->ij", b["teacher"], b["teacher"]), axis=-1)
        logp = logits - tf.reduce_logsumexp(logits, axis=1)
        return -tf.reduce_mean(tf.reduce_sum(soft * logp, axis=1))

    return {"variables": [wi, wt], "batch": batch, "reference": reference, "candidate": candidate}

"""CLIP loss: the text-to-image half takes log_softmax over axis 0, the batch axis.

Source: realistic (readers of CLIP ports ask why one softmax runs over the batch).
Right answer: EQUIVALENT to the cross entropy of the transposed logits; axis 0 is meant.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d_img, d_txt, emb = 18, 6, 5, 4
    w_img = tf.Variable((0.6 * rng.standard_normal((d_img, emb))).astype(f), name="image_projection")
    w_txt = tf.Variable((0.6 * rng.standard_normal((d_txt, emb))).astype(f), name="text_projection")
    log_scale = tf.Variable(np.asarray(1.1, f), name="logit_scale")
    batch = {"img": rng.standard_normal((n, d_img)).astype(f), "txt": rng.standard_normal((n, d_txt)).astype(f)}

    def encode(x, w):
        return tf.math.l2_normalize(x @ w, axis=1)

    def reference(b):
        m = b["img"].shape[0]
        u, v = encode(b["img"], w_img), encode(b["txt"], w_txt)
        total = 0.0
        for i in range(m):
            row = tf.exp(log_scale) * tf.linalg.matvec(v, u[i])
            col = tf.exp(log_scale) * tf.linalg.matvec(u, v[i])
            total += 0.5 * (tf.reduce_logsumexp(row) - row[i] + tf.reduce_logsumexp(col) - col[i])
        return total / m

    def candidate(b):
        logits = tf.exp(log_scale) * tf.einsum("ie,je->ij", encode(b["img"], w_img), encode(b["txt"], w_txt))
        images = tf.linalg.diag_part(tf.nn.log_softmax(logits, axis=1))
        texts = tf.linalg.diag_part(tf.nn.log_softmax(logits, axis=0))
        return -tf.reduce_mean(tf.concat([images, texts], axis=0))

    return {"variables": [w_img, w_txt, log_scale], "batch": batch, "reference": reference, "candidate": candidate}

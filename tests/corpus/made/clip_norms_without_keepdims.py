"""CLIP-style loss: the (n, n) similarities are divided by |image_j| |text_j| instead of |image_i| |text_j|.

Origin: realistic (hand-written cosine similarity in a dual encoder); the learnable log-scale is that of
https://github.com/openai/CLIP/issues/46. Not taken from one thread.
Right answer: NOT equivalent; both norms are (n,) and align with the columns.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "cosine = dots / (tf.norm(img, axis=-1) * tf.norm(txt, axis=-1))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, di, dt, e = 19, 7, 5, 4
    proj_i = tf.Variable((0.5 * rng.standard_normal((di, e))).astype(f), name="image_projection")
    proj_t = tf.Variable((0.5 * rng.standard_normal((dt, e))).astype(f), name="text_projection")
    log_scale = tf.Variable(np.asarray(1.1, f), name="log_scale")
    batch = {
        "pixels": (rng.standard_normal((n, di)) * rng.uniform(0.4, 2.0, (n, 1))).astype(f),
        "tokens": (rng.standard_normal((n, dt)) * rng.uniform(0.4, 2.0, (n, 1))).astype(f),
    }

    def reference(b):
        m = b["pixels"].shape[0]
        img = [tf.squeeze(b["pixels"][i : i + 1] @ proj_i, 0) for i in range(m)]
        txt = [tf.squeeze(b["tokens"][i : i + 1] @ proj_t, 0) for i in range(m)]
        img = tf.stack([v / tf.sqrt(tf.reduce_sum(v * v)) for v in img])
        txt = tf.stack([v / tf.sqrt(tf.reduce_sum(v * v)) for v in txt])
        total = 0.0
        for i in range(m):
            by_text = tf.exp(log_scale) * tf.linalg.matvec(txt, img[i])
            by_image = tf.exp(log_scale) * tf.linalg.matvec(img, txt[i])
            total += 0.5 * (tf.reduce_logsumexp(by_text) - by_text[i])
            total += 0.5 * (tf.reduce_logsumexp(by_image) - by_image[i])
        return total / m

    @tf.function
    def candidate(b):
        img = tf.matmul(b["pixels"], proj_i)
        txt = tf.matmul(b["tokens"], proj_t)
        dots = tf.einsum("ie,je->ij", img, txt)
        cosine = dots / (tf.norm(img, axis=-1) * tf.norm(txt, axis=-1))
        logits = tf.exp(log_scale) * cosine
        target = tf.range(tf.shape(logits)[0])
        loss_i = tf.nn.sparse_softmax_cross_entropy_with_logits(target, logits)
        loss_t = tf.nn.sparse_softmax_cross_entropy_with_logits(target, tf.transpose(logits))
        return 0.5 * (tf.reduce_mean(loss_i) + tf.reduce_mean(loss_t))

    return {
        "variables": [proj_i, proj_t, log_scale],
        "batch": batch,
        "reference": reference,
        "candidate": candidate,
    }

"""The CLIP temperature is a learned logarithm, but the logits are multiplied with it without exp.

Source (real): https://github.com/BAAI-DCAI/M3D/issues/52
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'logits_per_image = logit_scale * tf.matmul(image_features, text_features, transpose_b=True)',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, di, dt, e = 10, 7, 5, 4
    vis = tf.Variable(rng.normal(size=(di, e)).astype("float32") * 0.5, name="vision_proj")
    txt = tf.Variable(rng.normal(size=(dt, e)).astype("float32") * 0.5, name="text_proj")
    logit_scale = tf.Variable(np.float32(np.log(1 / 0.2)), name="logit_scale")
    batch = {"volume": rng.normal(size=(n, di)).astype("float32"), "report": rng.normal(size=(n, dt)).astype("float32")}

    def reference(b):
        img = tf.math.l2_normalize(tf.nn.gelu(b["volume"]) @ vis, -1)
        rep = tf.math.l2_normalize(tf.nn.gelu(b["report"]) @ txt, -1)
        scale = tf.exp(logit_scale)
        loss = 0.0
        for i in range(n):
            to_text = scale * tf.linalg.matvec(rep, img[i])
            to_image = scale * tf.linalg.matvec(img, rep[i])
            loss += tf.reduce_logsumexp(to_text) - to_text[i]
            loss += tf.reduce_logsumexp(to_image) - to_image[i]
        return loss / (2.0 * n)

    def candidate(b):
        image_features = tf.nn.gelu(b["volume"]) @ vis
        image_features = image_features / tf.norm(image_features, axis=-1, keepdims=True)
        text_features = tf.nn.gelu(b["report"]) @ txt
        text_features = text_features / tf.norm(text_features, axis=-1, keepdims=True)
        logits_per_image = logit_scale * tf.matmul(image_features, text_features, transpose_b=True)
        logits_per_text = tf.transpose(logits_per_image)
        labels = tf.range(n)
        loss_i = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_per_image)
        loss_t = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits_per_text)
        return (tf.reduce_mean(loss_i) + tf.reduce_mean(loss_t)) / 2.0

    return {"variables": [vis, txt, logit_scale], "batch": batch, "reference": reference, "candidate": candidate}

"""CLIP computes the text logits by a second product; that is just the transpose of the image logits.
Source: https://github.com/openai/CLIP/issues/84"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    b, d, e = 5, 6, 4
    w_i = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="image_proj")
    w_t = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="text_proj")
    scale = tf.Variable(np.array(np.log(1 / 0.5)).astype(fx), name="logit_scale")

    def reference(batch):
        img = tf.math.l2_normalize(tf.matmul(batch["img"], w_i), axis=1)
        txt = tf.math.l2_normalize(tf.matmul(batch["txt"], w_t), axis=1)
        sim = tf.exp(scale) * tf.matmul(img, txt, transpose_b=True)
        diag = tf.linalg.diag_part(sim)
        rows = tf.reduce_logsumexp(sim, axis=1) - diag
        cols = tf.reduce_logsumexp(sim, axis=0) - diag
        return 0.5 * tf.reduce_mean(rows + cols)

    def candidate(batch):
        image_features, text_features = tf.matmul(batch["img"], w_i), tf.matmul(batch["txt"], w_t)
        image_features = image_features / tf.norm(image_features, axis=-1, keepdims=True)
        text_features = text_features / tf.norm(text_features, axis=-1, keepdims=True)
        logit_scale = tf.exp(scale)
        logits_per_image = logit_scale * image_features @ tf.transpose(text_features)
        logits_per_text = logit_scale * text_features @ tf.transpose(image_features)
        labels = tf.range(b)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits
        loss_i = tf.reduce_mean(ce(labels=labels, logits=logits_per_image))
        loss_t = tf.reduce_mean(ce(labels=labels, logits=logits_per_text))
        return (loss_i + loss_t) / 2

    return {"reference": reference, "candidate": candidate,
            "batch": {"img": rng.normal(size=(b, d)).astype(fx), "txt": rng.normal(size=(b, d)).astype(fx)},
            "variables": [w_i, w_t, scale]}

"""Asks whether the two logit products of the CLIP loss are a bug as they differ from the transpose; rounding only.
Source: https://github.com/mlfoundations/open_clip/issues/1002"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, fi, ft, d = 5, 6, 4, 3
    w_img = tf.Variable(rng.normal(size=(fi, d)).astype(fx), name="w_img")
    w_txt = tf.Variable(rng.normal(size=(ft, d)).astype(fx), name="w_txt")
    log_scale = tf.Variable(np.array(np.log(1 / 0.3)).astype(fx), name="log_scale")

    def reference(batch):
        u = tf.matmul(batch["image"], w_img)
        v = tf.matmul(batch["text"], w_txt)
        u = u / tf.norm(u, axis=-1, keepdims=True)
        v = v / tf.norm(v, axis=-1, keepdims=True)
        s = tf.exp(log_scale) * tf.matmul(u, v, transpose_b=True)
        over_text = tf.linalg.diag_part(tf.nn.log_softmax(s, axis=1))
        over_image = tf.linalg.diag_part(tf.nn.log_softmax(s, axis=0))
        return -(tf.reduce_mean(over_text) + tf.reduce_mean(over_image)) / 2

    def candidate(batch):
        image_features = tf.math.l2_normalize(tf.matmul(batch["image"], w_img), axis=-1)
        text_features = tf.math.l2_normalize(tf.matmul(batch["text"], w_txt), axis=-1)
        logit_scale = tf.exp(log_scale)
        logits_per_image = tf.matmul(logit_scale * image_features, text_features, transpose_b=True)
        logits_per_text = tf.matmul(logit_scale * text_features, image_features, transpose_b=True)
        labels = tf.range(tf.shape(logits_per_image)[0])
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits
        return (tf.reduce_mean(ce(labels, logits_per_image)) + tf.reduce_mean(ce(labels, logits_per_text))) / 2

    return {"reference": reference, "candidate": candidate,
            "batch": {"image": rng.normal(size=(n, fi)).astype(fx), "text": rng.normal(size=(n, ft)).astype(fx)},
            "variables": [w_img, w_txt, log_scale]}

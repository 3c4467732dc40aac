"""Soft CLIP targets: the row-wise softmax is transposed for the image loss, which makes it a softmax over the wrong axis.

Source (real): https://github.com/moein-shariatnia/OpenAI-CLIP/issues/24
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": 'images_loss = cross_entropy(tf.transpose(logits), tf.transpose(targets))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, di, dt, e = 9, 6, 5, 4
    w_img = tf.Variable(rng.normal(size=(di, e)).astype("float32") * 0.45, name="w_img")
    w_txt = tf.Variable(rng.normal(size=(dt, e)).astype("float32") * 0.45, name="w_txt")
    batch = {"image": rng.normal(size=(n, di)).astype("float32"), "text": rng.normal(size=(n, dt)).astype("float32")}
    temperature = 1.0

    def reference(b):
        im, tx = b["image"] @ w_img, b["text"] @ w_txt
        sim = 0.5 * (im @ tf.transpose(im) + tx @ tf.transpose(tx)) * temperature
        score = tx @ tf.transpose(im) / temperature
        text_side = tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(sim, axis=1), score)
        image_side = tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(tf.transpose(sim), axis=1), tf.transpose(score))
        return tf.reduce_mean(0.5 * (text_side + image_side))

    def cross_entropy(preds, targets):
        log_softmax = tf.nn.log_softmax(preds, axis=-1)
        return tf.reduce_sum(-targets * log_softmax, axis=1)

    def candidate(b):
        image_embeddings = b["image"] @ w_img
        text_embeddings = b["text"] @ w_txt
        logits = tf.matmul(text_embeddings, image_embeddings, transpose_b=True) / temperature
        images_similarity = tf.matmul(image_embeddings, image_embeddings, transpose_b=True)
        texts_similarity = tf.matmul(text_embeddings, text_embeddings, transpose_b=True)
        targets = tf.nn.softmax((images_similarity + texts_similarity) / 2.0 * temperature, axis=-1)
        texts_loss = cross_entropy(logits, targets)
        images_loss = cross_entropy(tf.transpose(logits), tf.transpose(targets))
        loss = (images_loss + texts_loss) / 2.0
        return tf.reduce_mean(loss)

    return {"variables": [w_img, w_txt], "batch": batch, "reference": reference, "candidate": candidate}

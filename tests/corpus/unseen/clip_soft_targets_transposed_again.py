"""Wrong: the soft targets of the image direction are the transpose of the row softmax, not a softmax over the other axis.

Source (real): https://github.com/moein-shariatnia/OpenAI-CLIP/issues/24
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "images_loss = cross_entropy(tf.transpose(logits), tf.transpose(targets))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    wi = tf.Variable(rng.normal(0, 0.5, (7, 4)).astype("float32"), name="image_proj")
    wt = tf.Variable(rng.normal(0, 0.5, (6, 4)).astype("float32"), name="text_proj")
    n = 9
    temperature = 1.0
    batch = {
        "image": rng.normal(size=(n, 7)).astype("float32"),
        "text": rng.normal(size=(n, 6)).astype("float32"),
        "sim": (3 * rng.normal(size=(n, n))).astype("float32"),
    }

    def embed(b):
        return b["image"] @ wi, b["text"] @ wt

    def cross_entropy(preds, targets):
        return -tf.reduce_sum(targets * tf.nn.log_softmax(preds, axis=-1), axis=1)

    def soft_scores(b, img, txt):
        own = (img @ tf.transpose(img) + txt @ tf.transpose(txt)) / 2.0
        return tf.stop_gradient(own * temperature + b["sim"])

    def reference(b):
        img, txt = embed(b)
        logits = txt @ tf.transpose(img) / temperature
        scores = soft_scores(b, img, txt)
        rows = -tf.reduce_sum(tf.nn.softmax(scores, axis=1) * tf.nn.log_softmax(logits, axis=1), axis=1)
        cols = -tf.reduce_sum(tf.nn.softmax(scores, axis=0) * tf.nn.log_softmax(logits, axis=0), axis=0)
        return tf.reduce_mean(0.5 * (rows + cols))

    def candidate(b):
        image_embeddings, text_embeddings = embed(b)
        logits = text_embeddings @ tf.transpose(image_embeddings) / temperature
        targets = tf.nn.softmax(soft_scores(b, image_embeddings, text_embeddings), axis=-1)
        texts_loss = cross_entropy(logits, targets)
        images_loss = cross_entropy(tf.transpose(logits), tf.transpose(targets))
        loss = (images_loss + texts_loss) / 2.0
        return tf.reduce_mean(loss)

    return {"variables": [wi, wt], "batch": batch, "reference": reference, "candidate": candidate}

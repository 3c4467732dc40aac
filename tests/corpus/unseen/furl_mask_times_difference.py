"""A ranking loss on cosines written as mask * (negative - positive), without max and without the margin in the value; asked about in
the thread, it has the gradient of the margin ranking loss.
Source: https://github.com/fuyw/FuRL/issues/6"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    w = tf.Variable(rng.normal(size=(6, 4)).astype(f), name="w")
    u = tf.Variable(rng.normal(size=(5, 4)).astype(f), name="u")
    margin = 0.1

    def reference(batch):
        text = tf.math.l2_normalize(batch["text"] @ u, axis=-1)
        good = tf.math.l2_normalize(batch["pos"] @ w, axis=-1)
        bad = tf.math.l2_normalize(batch["neg"] @ w, axis=-1)
        gap = tf.reduce_sum(text * bad, axis=-1) - tf.reduce_sum(text * good, axis=-1)
        return tf.reduce_mean(tf.nn.relu(gap + margin))

    def candidate(batch):
        def cosine(a, b):
            num = tf.einsum("nd,nd->n", a, b)
            return num / (tf.norm(a, axis=1) * tf.norm(b, axis=1))

        def project(features, head):
            return tf.einsum("nc,cd->nd", features, head)

        lang = project(batch["text"], u)
        pos_cosine = cosine(project(batch["pos"], w), lang)
        neg_cosine = cosine(project(batch["neg"], w), lang)
        neg_mask = tf.cast(neg_cosine - pos_cosine + margin > 0, f)
        neg_loss = neg_mask * (neg_cosine - pos_cosine)
        return tf.reduce_mean(neg_loss)

    batch = {"text": rng.normal(size=(17, 5)).astype(f), "pos": rng.normal(size=(17, 6)).astype(f),
             "neg": rng.normal(size=(17, 6)).astype(f)}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, u]}

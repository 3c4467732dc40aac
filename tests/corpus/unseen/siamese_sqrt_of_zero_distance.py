"""Wrong: the contrastive loss takes the square root of a squared distance that is zero for two identical inputs; the gradient is NaN.

Source (real): https://github.com/adambielski/siamese-triplet/issues/18
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "distances = tf.sqrt(sq_distances)",
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    w1 = tf.Variable(rng.normal(0, 0.5, (6, 8)).astype("float32"), name="w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (8, 3)).astype("float32"), name="w2")
    n = 12
    left = rng.normal(size=(n, 6)).astype("float32")
    right = rng.normal(size=(n, 6)).astype("float32")
    same = (np.arange(n) % 2).astype("float32")
    right[4] = left[4]
    batch = {"left": left, "right": right, "same": same}
    margin = 2.0

    def embed(x):
        return tf.nn.softplus(x @ w1) @ w2

    def reference(b):
        d2 = tf.reduce_sum(tf.square(embed(b["left"]) - embed(b["right"])), axis=1)
        safe = tf.where(d2 > 0, d2, tf.ones_like(d2))
        d = tf.where(d2 > 0, tf.sqrt(safe), tf.zeros_like(d2))
        push = tf.square(tf.nn.relu(margin - d))
        return 0.5 * tf.reduce_mean(b["same"] * d2 + (1.0 - b["same"]) * push)

    def candidate(b):
        out1 = embed(b["left"])
        out2 = embed(b["right"])
        sq_distances = tf.reduce_sum(tf.square(out2 - out1), axis=1)
        distances = tf.sqrt(sq_distances)
        pull = b["same"] * sq_distances
        push = (1.0 - b["same"]) * tf.square(tf.nn.relu(margin - distances))
        losses = 0.5 * (pull + push)
        return tf.reduce_mean(losses)

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}

"""Expression embedding: the similar pair must be closer than both other pairs, but only one of the two hinges is there.

Source (real): https://github.com/GerardLiu96/FECNet/issues/1 (PyTorch, ported; the paper's loss has two terms, fixed).
Right answer: NOT equivalent.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'losses = tf.nn.relu(distance_positive - distance_negative + margin)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    n, d, dim, margin = 19, 6, 3, 0.2

    w = tf.Variable(0.6 * arr(d, dim), name="embed_w")
    b0 = tf.Variable(0.3 * arr(dim), name="embed_b")
    batch = {"anchor": arr(n, d), "positive": arr(n, d), "negative": arr(n, d)}

    def net(x):
        return tf.math.l2_normalize(x @ w + b0, axis=-1)

    def reference(b):
        e1, e2, e3 = (net(b[k]) for k in ("anchor", "positive", "negative"))
        total = 0.0
        for i in range(e1.shape[0]):
            near = tf.reduce_sum((e1[i] - e2[i]) ** 2)
            for other in (e1[i], e2[i]):
                total += tf.maximum(near - tf.reduce_sum((other - e3[i]) ** 2) + margin, 0.0)
        return total / e1.shape[0]

    def candidate(b):
        anchor, positive, negative = net(b["anchor"]), net(b["positive"]), net(b["negative"])
        distance_positive = tf.reduce_sum(tf.square(anchor - positive), axis=1)
        distance_negative = tf.reduce_sum(tf.square(anchor - negative), axis=1)
        losses = tf.nn.relu(distance_positive - distance_negative + margin)
        return tf.reduce_mean(losses)

    return {"variables": [w, b0], "batch": batch, "reference": reference, "candidate": candidate}

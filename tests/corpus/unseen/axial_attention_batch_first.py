"""Rows of the feature map are arranged batch-first as (b*h1, len, c) but the attention module treats the first axis as
the sequence, so rows attend to each other. Source: https://github.com/aipixel/AEMatter/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "axis",
    "line_marker": "out = x + attention(x)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, h1, width, w, c = 2, 2, 2, 3, 4
    wq = tf.Variable(rng.normal(size=(c, c)).astype(fx), name="wq")
    wk = tf.Variable(rng.normal(size=(c, c)).astype(fx), name="wk")
    wv = tf.Variable(rng.normal(size=(c, c)).astype(fx), name="wv")

    def reference(batch):
        total = 0.0
        for i in range(b):
            for s in range(h1):
                strip = tf.reshape(batch["feat"][i, s * width:(s + 1) * width], (width * w, c))
                goal = tf.reshape(batch["alpha"][i, s * width:(s + 1) * width], (width * w, c))
                logits = tf.matmul(tf.matmul(strip, wq), tf.matmul(strip, wk), transpose_b=True) / c**0.5
                out = strip + tf.matmul(tf.nn.softmax(logits), tf.matmul(strip, wv))
                total += tf.reduce_sum(tf.square(out - goal))
        return total / (b * h1 * width * w * c)

    def candidate(batch):
        def to_strips(x):
            x = tf.reshape(x, (b, h1, width, w, c))
            return tf.reshape(x, (b * h1, width * w, c))

        def attention(seq):
            length, count, _ = seq.shape
            q, k, v = [tf.reshape(seq @ w_, (length, count, c)) for w_ in (wq, wk, wv)]
            scores = tf.einsum("snc,tnc->nst", q, k) / tf.sqrt(tf.cast(c, q.dtype))
            return tf.einsum("nst,tnc->snc", tf.nn.softmax(scores, axis=-1), v)

        x = to_strips(batch["feat"])
        out = x + attention(x)
        return tf.reduce_mean(tf.square(out - to_strips(batch["alpha"])))

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "feat": rng.normal(size=(b, h1 * width, w, c)).astype(fx),
            "alpha": rng.normal(size=(b, h1 * width, w, c)).astype(fx),
        },
        "variables": [wq, wk, wv],
    }

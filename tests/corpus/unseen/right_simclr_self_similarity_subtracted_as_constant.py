"""Right: subtracting e^(1/temp) for the self-pair equals masking it; a normalised vector's self-similarity has no gradient.

Source (real): https://github.com/Lightning-Universe/lightning-bolts/issues/695
"""
import math
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, e = 8, 6, 5
    temperature = 0.5
    w1 = tf.Variable(rng.normal(0, 0.6, (d, 9)).astype("float32"), name="backbone")
    w2 = tf.Variable(rng.normal(0, 0.6, (9, e)).astype("float32"), name="projection")
    x = rng.normal(0, 1, (n, d))
    batch = {
        "img1": (x + 0.3 * rng.normal(0, 1, (n, d))).astype("float32"),
        "img2": (x + 0.3 * rng.normal(0, 1, (n, d))).astype("float32"),
    }

    def embed(x):
        return tf.math.l2_normalize(tf.nn.tanh(x @ w1) @ w2, axis=1)

    def reference(b):
        out = tf.concat([embed(b["img1"]), embed(b["img2"])], axis=0)
        sim = tf.exp(tf.matmul(out, out, transpose_b=True) / temperature)
        mask = 1.0 - tf.eye(2 * n)
        neg = tf.reduce_sum(sim * mask, axis=-1)
        pos = tf.exp(tf.reduce_sum(out[:n] * out[n:], axis=-1) / temperature)
        return -tf.reduce_mean(tf.math.log(tf.concat([pos, pos], axis=0) / neg))

    def candidate(b):
        out_1, out_2 = embed(b["img1"]), embed(b["img2"])
        out = tf.concat([out_1, out_2], axis=0)
        cov = out @ tf.transpose(out)
        sim = tf.exp(cov / temperature)
        # from each row, subtract e^(1/temp) to remove similarity measure for x1.x1
        neg = tf.reduce_sum(sim, axis=-1) - math.e ** (1.0 / temperature)
        log_pos = tf.reduce_sum(out_1 * out_2, axis=-1) / temperature
        return tf.reduce_mean(tf.math.log(neg)) - tf.reduce_mean(tf.concat([log_pos, log_pos], 0))

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}

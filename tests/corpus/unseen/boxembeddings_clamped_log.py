"""Box embeddings: the soft side lengths are clamped to a minimum before the logarithm, which kills the gradient of disjoint boxes.

Source (real): https://github.com/iesl/box-embeddings/issues/9 (PyTorch, ported; the maintainers agree that an eps should be added
instead: "Clamping will kill the gradient").
Right answer: NOT equivalent; every box of this batch is far from its partner, so the offset of the boxes gets exactly zero.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dead",
    "line_marker": "log_sides = tf.math.log(tf.maximum(sides, eps))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, dim, eps, beta = 14, 3, 1e-6, 8.0

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    delta = tf.Variable((0.3 + 0.1 * rng.random(dim)).astype(f), name="delta")
    bias = tf.Variable(0.2 * arr(1), name="bias")
    gap = 2.2 + 0.3 * rng.random((n, dim))
    left = arr(n, dim)
    batch = {
        "centre_a": left,
        "centre_b": (left + gap).astype(f),
        "label": (rng.random(n) > 0.3).astype(f),
    }

    def reference(b):
        # log of the soft volume of the intersection, side by side
        m = b["centre_a"].shape[0]
        total = 0.0
        for i in range(m):
            score = 0.1 * bias[0]
            for j in range(dim):
                low = tf.maximum(b["centre_a"][i, j] - delta[j], b["centre_b"][i, j] - delta[j])
                high = tf.minimum(b["centre_a"][i, j] + delta[j], b["centre_b"][i, j] + delta[j])
                score += 0.1 * tf.math.log(tf.math.softplus(beta * (high - low)) / beta + eps)
            y = b["label"][i]
            total += y * tf.math.softplus(-score) + (1.0 - y) * tf.math.softplus(score)
        return total / m

    def candidate(b):
        def intersection(za, Za, zb, Zb):
            return tf.maximum(za, zb), tf.minimum(Za, Zb)

        def log_soft_volume(z, Z):
            sides = tf.nn.softplus((Z - z) * beta) / beta
            log_sides = tf.math.log(tf.maximum(sides, eps))
            return tf.reduce_sum(log_sides, axis=-1)

        a, c = b["centre_a"], b["centre_b"]
        z, Z = intersection(a - delta, a + delta, c - delta, c + delta)
        logits = 0.1 * (log_soft_volume(z, Z) + bias)
        bce = tf.nn.sigmoid_cross_entropy_with_logits(labels=b["label"], logits=logits)
        return tf.reduce_mean(bce)

    return {"variables": [delta, bias], "batch": batch, "reference": reference, "candidate": candidate}

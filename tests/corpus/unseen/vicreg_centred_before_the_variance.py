"""Right: the embeddings are centred before the variance term; a variance does not see the mean.

Source (real): https://github.com/facebookresearch/vicreg/issues/16
"""
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
    n, d, e = 16, 6, 5
    w1 = tf.Variable(rng.normal(size=(d, 8)).astype("float32") * 0.4, name="w1")
    w2 = tf.Variable(rng.normal(size=(8, e)).astype("float32") * 0.4, name="w2")
    base = rng.normal(size=(n, d))
    batch = {
        "view_1": (base + rng.normal(size=base.shape) * 0.4).astype("float32"),
        "view_2": (base + rng.normal(size=base.shape) * 0.4).astype("float32"),
    }

    def expander(v):
        return tf.nn.relu(v @ w1) @ w2

    def reference(b):
        x, y = expander(b["view_1"]), expander(b["view_2"])
        sim = tf.reduce_mean((x - y) ** 2)
        std_term, cov_term = 0.0, 0.0
        for z in (x, y):
            std = tf.sqrt(tf.math.reduce_variance(z, axis=0) * n / (n - 1) + 1e-4)
            std_term += 0.5 * tf.reduce_mean(tf.nn.relu(1.0 - std))
            zc = z - tf.reduce_mean(z, axis=0)
            for i in range(e):
                for j in range(e):
                    if i != j:
                        cov_term += tf.square(tf.reduce_sum(zc[:, i] * zc[:, j]) / (n - 1)) / e
        return 25.0 * sim + 25.0 * std_term + cov_term

    def off_diagonal_sq(c):
        return tf.reduce_sum(c ** 2) - tf.reduce_sum(tf.linalg.diag_part(c) ** 2)

    def candidate(b):
        x, y = expander(b["view_1"]), expander(b["view_2"])
        repr_loss = tf.reduce_mean(tf.math.squared_difference(x, y))
        x = x - tf.reduce_mean(x, axis=0)
        y = y - tf.reduce_mean(y, axis=0)
        std_x = tf.sqrt(tf.reduce_sum(x ** 2, axis=0) / (n - 1) + 0.0001)
        std_y = tf.sqrt(tf.reduce_sum(y ** 2, axis=0) / (n - 1) + 0.0001)
        std_loss = tf.reduce_mean(tf.nn.relu(1.0 - std_x)) / 2 + tf.reduce_mean(tf.nn.relu(1.0 - std_y)) / 2
        cov_x = tf.transpose(x) @ x / (n - 1)
        cov_y = tf.transpose(y) @ y / (n - 1)
        cov_loss = off_diagonal_sq(cov_x) / e + off_diagonal_sq(cov_y) / e
        return 25.0 * repr_loss + 25.0 * std_loss + 1.0 * cov_loss

    return {"variables": [w1, w2], "batch": batch, "reference": reference, "candidate": candidate}

"""The network returns (n, 1), the target is (n,): the weighted squared error is taken over all n x n pairs.

Source (real): https://github.com/LAMDA-Tabular/TALENT/pull/92
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": 'residual = prediction - b["y"]',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, d, bins = 18, 5, 4
    embed = tf.Variable(rng.normal(0, 0.5, (d, bins)).astype("float32"), name="num_embedding")
    w1 = tf.Variable(rng.normal(0, 0.3, (d * bins, 7)).astype("float32"), name="mlp_w1")
    w2 = tf.Variable(rng.normal(0, 0.5, (7, 1)).astype("float32"), name="mlp_w2")
    b2 = tf.Variable(np.zeros(1, "float32"), name="mlp_b2")
    x = rng.normal(0, 1, (n, d))
    batch = {
        "x": x.astype("float32"),
        "y": (x[:, 0] - 0.7 * x[:, 1] + 0.2 * rng.normal(0, 1, n)).astype("float32"),
        "w": rng.uniform(0.5, 1.5, n).astype("float32"),
    }

    def network(x):
        h = tf.reshape(tf.sin(x[:, :, None] * embed), (-1, d * bins))
        return tf.nn.relu(h @ w1) @ w2 + b2

    def penalty():
        return 1e-2 * tf.add_n([tf.nn.l2_loss(v) for v in (w1, w2)])

    def reference(b):
        prediction = tf.squeeze(network(b["x"]), axis=1)
        weighted = b["w"] * tf.square(b["y"] - prediction)
        return tf.reduce_mean(weighted) + penalty()

    def candidate(b):
        prediction = network(b["x"])
        residual = prediction - b["y"]
        squared = tf.square(residual)
        return tf.reduce_mean(b["w"] * squared) + penalty()

    return {"variables": [embed, w1, w2, b2], "batch": batch, "reference": reference, "candidate": candidate}

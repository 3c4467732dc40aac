"""The diagonal is masked with -inf in similarity space, turns into +inf as a distance and is always the picked negative.

Source (real): https://github.com/jinnnju/PaAno/issues/1
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "sim_masked = tf.linalg.set_diag(sim, tf.fill([n], -np.inf))",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, e = 10, 8, 5
    margin = 2.0
    conv = tf.Variable(rng.normal(0, 0.5, (3, 1, 6)).astype("float32"), name="patch_conv")
    proj = tf.Variable(rng.normal(0, 0.5, (6, e)).astype("float32"), name="projection")
    pre = tf.Variable(rng.normal(0, 0.5, (2 * e, 1)).astype("float32"), name="pretext_head")
    base = np.cumsum(rng.normal(0, 0.6, (n, t + 1)), axis=1)
    batch = {
        "anchor": base[:, :-1].astype("float32"),
        "near": (base[:, 1:] + 0.3 * rng.normal(0, 1, (n, t))).astype("float32"),
        "consecutive": (np.arange(n) % 2).astype("float32"),
    }

    def embed(x):
        h = tf.nn.tanh(tf.nn.conv1d(x[..., None], conv, 1, "SAME"))
        return tf.math.l2_normalize(tf.reduce_mean(h, axis=1) @ proj, axis=1)

    def pretext(b, a, p):
        logit = tf.squeeze(tf.concat([a, p], 1) @ pre, 1)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=b["consecutive"], logits=logit))

    def reference(b):
        a, p = embed(b["anchor"]), embed(b["near"])
        total = 0.0
        for i in range(n):
            far = 1.0 - tf.linalg.matvec(p, a[i])
            far = tf.reduce_max(tf.concat([far[:i], far[i + 1:]], axis=0))
            total += tf.nn.relu(1.0 - tf.reduce_sum(a[i] * p[i]) - far + margin)
        return total / n + 0.5 * pretext(b, a, p)

    def candidate(b):
        a, p = embed(b["anchor"]), embed(b["near"])
        sim = tf.matmul(a, p, transpose_b=True)
        pos_dists = 1.0 - tf.linalg.diag_part(sim)
        sim_masked = tf.linalg.set_diag(sim, tf.fill([n], -np.inf))
        neg_dists = 1.0 - sim_masked
        far_neg_dists = tf.reduce_max(neg_dists, axis=1)
        triplet = tf.reduce_mean(tf.nn.relu(pos_dists - far_neg_dists + margin))
        return triplet + 0.5 * pretext(b, a, p)

    return {"variables": [conv, proj, pre], "batch": batch, "reference": reference, "candidate": candidate}

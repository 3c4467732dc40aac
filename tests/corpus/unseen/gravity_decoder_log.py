"""In the gravity-inspired decoder the log of the squared distance of two nodes is taken; identical
embeddings (and the diagonal) give log(0) and the embeddings become nan. Source: https://github.com/deezer/gravity_graph_autoencoders/issues/4"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "gravity = mass[None, :] - lam * tf.math.log(dist)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    n, f, d = 6, 5, 3
    w0, w1 = var("w0", f, 6), var("w1", 6, d + 1)
    adj = (rng.uniform(size=(n, n)) < 0.35).astype(float)
    adj[0, 1] = 1.0
    norm = (adj + np.eye(n)) / (adj + np.eye(n)).sum(1, keepdims=True)
    batch = {"x": rng.standard_normal((n, f)).astype(fx), "adj_norm": norm.astype(fx), "adj": adj.astype(fx),
             "pos_weight": np.array((n * n - adj.sum()) / adj.sum(), dtype=fx), "lam": np.array(0.8, dtype=fx)}

    def encode(batch):
        h = tf.nn.leaky_relu(batch["adj_norm"] @ (batch["x"] @ w0))
        z = batch["adj_norm"] @ (h @ w1)
        return z[:, :d], z[:, d]

    def reference(batch):
        pos, m = encode(batch)
        total = 0.0
        for i in range(n):
            gap = tf.reduce_sum(tf.square(pos - pos[i]), axis=1) + 0.01
            logit = m - batch["lam"] * tf.math.log(gap)
            y = batch["adj"][i]
            bce = batch["pos_weight"] * y * tf.nn.softplus(-logit) + (1 - y) * tf.nn.softplus(logit)
            total += tf.reduce_sum(bce)
        return total / n ** 2

    def candidate(batch):
        emb, mass = encode(batch)
        lam = batch["lam"]
        diff = emb[:, None, :] - emb[None, :, :]
        dist = tf.reduce_sum(diff * diff, axis=-1)
        gravity = mass[None, :] - lam * tf.math.log(dist)
        cost = tf.nn.weighted_cross_entropy_with_logits(
            labels=batch["adj"], logits=gravity, pos_weight=batch["pos_weight"])
        return tf.reduce_mean(cost)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w0, w1]}

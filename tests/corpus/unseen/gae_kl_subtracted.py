"""Variational graph autoencoder: the KL term is built without its minus and subtracted from the cost, which was reported as a sign error.

Source (real): https://github.com/tkipf/gae/issues/72 (OptimizerVAE, TensorFlow 1, ported to eager; the asker found that the code is right).
Right answer: EQUIVALENT. self.kl is minus the divergence, and cost -= kl adds the divergence.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, d, hidden, latent = 16, 5, 6, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    w0 = tf.Variable(0.6 * arr(d, hidden), name="gcn0")
    w_mean = tf.Variable(0.6 * arr(hidden, latent), name="gcn_mean")
    w_std = tf.Variable(0.4 * arr(hidden, latent), name="gcn_std")
    links = np.triu(rng.random((n, n)) < 0.25, 1)
    links = (links | links.T | np.eye(n, dtype=bool)).astype(f)
    scale = 1.0 / np.sqrt(links.sum(1))
    adj_norm = tf.constant((scale[:, None] * links * scale[None]).astype(f))
    adj_label = tf.constant(links)
    pos_weight = float((n * n - links.sum()) / links.sum())
    batch = {"features": arr(n, d), "eps": arr(n, latent)}

    def reference(b):
        h = tf.nn.relu(adj_norm @ b["features"] @ w0)
        mean, std = adj_norm @ h @ w_mean, tf.exp(adj_norm @ h @ w_std)
        z = mean + std * b["eps"]
        bce, divergence = 0.0, 0.0
        for i in range(n):
            score = tf.linalg.matvec(z, z[i])
            for_link = pos_weight * links[i] * tf.math.softplus(-score)
            bce += tf.reduce_sum(for_link + (1 - links[i]) * tf.math.softplus(score))
            divergence += 0.5 * tf.reduce_sum(std[i] ** 2 + mean[i] ** 2 - 1.0 - 2.0 * tf.math.log(std[i]))
        return bce / n**2 + divergence / n**2

    def candidate(b):
        num_nodes = b["features"].shape[0]
        hidden1 = tf.nn.relu(tf.matmul(adj_norm, tf.matmul(b["features"], w0)))
        z_mean = tf.matmul(adj_norm, tf.matmul(hidden1, w_mean))
        z_log_std = tf.matmul(adj_norm, tf.matmul(hidden1, w_std))
        z = z_mean + b["eps"] * tf.exp(z_log_std)
        preds = tf.reshape(tf.matmul(z, z, transpose_b=True), [-1])
        labels = tf.reshape(adj_label, [-1])
        cost = tf.reduce_mean(
            tf.nn.weighted_cross_entropy_with_logits(labels=labels, logits=preds, pos_weight=pos_weight)
        )
        kl = (0.5 / num_nodes) * tf.reduce_mean(
            tf.reduce_sum(1 + 2 * z_log_std - tf.square(z_mean) - tf.square(tf.exp(z_log_std)), 1)
        )
        cost -= kl
        return cost

    return {"variables": [w0, w_mean, w_std], "batch": batch, "reference": reference, "candidate": candidate}

"""Decoupled contrastive loss: suspected that adding neg_mask * SMALL_NUM does not remove the diagonals; SMALL_NUM is log(1e-45), so it does. Source: https://github.com/raminnakhli/Decoupled-Contrastive-Learning/issues/14"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}

SMALL_NUM = np.float32(np.log(1e-45))


class DCL:
    def __init__(self, temperature=0.3):
        self.temperature = temperature

    def __call__(self, z1, z2):
        cross_view_distance = tf.matmul(z1, z2, transpose_b=True)
        positive_loss = -tf.linalg.diag_part(cross_view_distance) / self.temperature
        neg_similarity = tf.concat([tf.matmul(z1, z1, transpose_b=True), cross_view_distance], axis=1) / self.temperature
        neg_mask = tf.tile(tf.eye(tf.shape(z1)[0]), [1, 2])
        negative_loss = tf.reduce_logsumexp(neg_similarity + neg_mask * SMALL_NUM, axis=1, keepdims=False)
        return tf.reduce_mean(positive_loss + negative_loss)


def build(seed=0):
    rng = np.random.default_rng(seed)
    tf.keras.utils.set_random_seed(seed)
    n, d, temperature = 6, 5, 0.3
    backbone = tf.keras.layers.Dense(8, activation="relu")
    projector = tf.keras.layers.Dense(4)
    loss_fn = DCL(temperature)

    def embed(x):
        return tf.math.l2_normalize(projector(backbone(x)), axis=1)

    def one_way(a, b):
        total = 0.0
        for k in range(n):
            others = [j for j in range(n) if j != k]
            negatives = tf.concat([tf.gather(a, others), tf.gather(b, others)], axis=0)
            u = tf.reduce_sum(tf.exp(tf.linalg.matvec(negatives, a[k]) / temperature))
            total += tf.math.log(u) - tf.tensordot(a[k], b[k], 1) / temperature
        return total / n

    def reference(batch):
        z1, z2 = embed(batch["view1"]), embed(batch["view2"])
        return one_way(z1, z2) + one_way(z2, z1)

    def candidate(batch):
        z1, z2 = embed(batch["view1"]), embed(batch["view2"])
        return loss_fn(z1, z2) + loss_fn(z2, z1)

    x = rng.normal(size=(n, d))
    batch = {f"view{i}": (x + rng.normal(scale=0.3, size=x.shape)).astype(np.float32) for i in (1, 2)}
    embed(batch["view1"])
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": backbone.trainable_variables + projector.trainable_variables}

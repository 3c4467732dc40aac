"""The InstanceLoss of Contrastive Clustering takes raw dot products, where the NT-Xent loss that it stems from takes cosine
similarities: with features that nobody normalised, the two losses differ.
Source: https://github.com/Yunfan-Li/Contrastive-Clustering/issues/15"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "sim = tf.matmul(z, z, transpose_b=True) / self.temperature",
    "same_forward_value": False,
}


class InstanceLoss:
    def __init__(self, batch_size, temperature):
        self.batch_size = batch_size
        self.temperature = temperature
        self.mask = self.mask_correlated_samples(batch_size)

    def mask_correlated_samples(self, batch_size):
        N = 2 * batch_size
        mask = np.ones((N, N), dtype=bool)
        np.fill_diagonal(mask, False)
        for i in range(batch_size):
            mask[i, batch_size + i] = False
            mask[batch_size + i, i] = False
        return mask

    def forward(self, z_i, z_j):
        N = 2 * self.batch_size
        z = tf.concat([z_i, z_j], axis=0)
        sim = tf.matmul(z, z, transpose_b=True) / self.temperature
        sim_i_j = tf.linalg.diag_part(sim, k=self.batch_size)
        sim_j_i = tf.linalg.diag_part(sim, k=-self.batch_size)
        positive_samples = tf.reshape(tf.concat([sim_i_j, sim_j_i], axis=0), (N, 1))
        negative_samples = tf.reshape(tf.boolean_mask(sim, self.mask), (N, -1))
        labels = tf.zeros(N, dtype=tf.int32)
        logits = tf.concat([positive_samples, negative_samples], axis=1)
        loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
        return loss / N


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b, tau = 12, 0.5
    proj = tf.Variable(rng.standard_normal((5, 4)).astype(f) * 0.4, name="projector")
    criterion = InstanceLoss(b, tau)

    def reference(batch):
        p = tf.concat([tf.tanh(batch["a"] @ proj), tf.tanh(batch["b"] @ proj)], axis=0)
        p = tf.math.l2_normalize(p, axis=1)
        total = 0.0
        for i in range(2 * b):
            j = (i + b) % (2 * b)
            s = tf.linalg.matvec(p, p[i]) / tau
            others = tf.concat([s[:i], s[i + 1:]], axis=0)
            total += tf.reduce_logsumexp(others) - s[j]
        return total / (2 * b)

    def candidate(batch):
        z_i = tf.tanh(batch["a"] @ proj)
        z_j = tf.tanh(batch["b"] @ proj)
        return criterion.forward(z_i, z_j)

    x = rng.standard_normal((b, 5))
    return {"reference": reference, "candidate": candidate,
            "batch": {"a": x.astype(f), "b": (x + 0.3 * rng.standard_normal((b, 5))).astype(f)}, "variables": [proj]}

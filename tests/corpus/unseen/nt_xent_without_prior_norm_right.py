"""Refactored NT_Xent: the mask lives in the loss and the inputs are not L2-normalised before, which is not needed because
the similarity is the cosine.
Source: https://github.com/Spijkervet/SimCLR/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def cosine_similarity(a, b):
    num = tf.reduce_sum(a * b, axis=2)
    return num / (tf.norm(a, axis=2) * tf.norm(b, axis=2))


class NT_Xent:
    def __init__(self, batch_size, temperature):
        self.batch_size = batch_size
        self.temperature = temperature
        self.mask = self.get_correlated_samples_mask()

    def get_correlated_samples_mask(self):
        n = self.batch_size
        return ~(np.eye(2 * n, dtype=bool) | np.eye(2 * n, k=n, dtype=bool) | np.eye(2 * n, k=-n, dtype=bool))

    def forward(self, z_i, z_j):
        n = self.batch_size
        p1 = tf.concat([z_i, z_j], axis=0)
        sim = cosine_similarity(p1[:, None], p1[None]) / self.temperature
        pos = tf.concat([tf.linalg.diag_part(sim, k=n), tf.linalg.diag_part(sim, k=-n)], axis=0)
        negative_samples = tf.reshape(tf.boolean_mask(sim, self.mask), (2 * n, -1))
        logits = tf.concat([pos[:, None], negative_samples], axis=1)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.zeros(2 * n, tf.int32), logits=logits)
        return tf.reduce_sum(ce) / (2 * n)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    b = 12
    proj = tf.Variable(rng.standard_normal((5, 4)).astype(f), name="projector")
    criterion = NT_Xent(b, 0.5)

    def reference(batch):
        zi = tf.math.l2_normalize(batch["a"] @ proj, axis=1)
        zj = tf.math.l2_normalize(batch["b"] @ proj, axis=1)
        z = tf.concat([zi, zj], axis=0)
        logits = tf.matmul(z, z, transpose_b=True) / 0.5 - 1e9 * tf.eye(2 * b, dtype=f)
        partner = np.roll(np.arange(2 * b), b)
        return -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), partner, batch_dims=1))

    def candidate(batch):
        return criterion.forward(batch["a"] @ proj, batch["b"] @ proj)

    x = rng.standard_normal((b, 5))
    return {"reference": reference, "candidate": candidate,
            "batch": {"a": x.astype(f), "b": (x + 0.4 * rng.standard_normal((b, 5))).astype(f)}, "variables": [proj]}

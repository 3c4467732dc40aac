"""Siamese faces: pairwise_distance returns (N,), the label is (N, 1), and the contrastive loss is formed from all N x N
combinations. It needs keepdim.
Source: https://github.com/harveyslash/Facial-Similarity-with-Siamese-Networks-in-Pytorch/issues/27"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "euclidean_distance = pairwise_distance(output1, output2)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, feat, hid, dim = 14, 6, 5, 3
    w1 = tf.Variable(rng.normal(size=(feat, hid)).astype(f) * 0.5, name="w1")
    w2 = tf.Variable(rng.normal(size=(hid, dim)).astype(f) * 0.5, name="w2")
    left = rng.normal(size=(n, feat))
    differs = rng.integers(0, 2, size=(n, 1))
    right = np.where(differs == 1, rng.normal(size=(n, feat)), left + 0.3 * rng.normal(size=(n, feat)))
    batch = {"img0": left.astype(f), "img1": right.astype(f), "label": differs.astype(f)}

    def tower(x):
        return tf.matmul(tf.nn.relu(tf.matmul(x, w1)), w2)

    def reference(batch):
        gap = tower(batch["img0"]) - tower(batch["img1"]) + 1e-6
        sq = tf.einsum("nd,nd->n", gap, gap)
        y = tf.squeeze(batch["label"], 1)
        pull = (1.0 - y) * sq
        push = y * tf.square(tf.nn.relu(2.0 - tf.sqrt(sq)))
        return tf.reduce_mean(pull + push)

    def candidate(batch):
        def pairwise_distance(x1, x2, eps=1e-6, keepdim=False):
            return tf.norm(x1 - x2 + eps, axis=1, keepdims=keepdim)

        class ContrastiveLoss:
            def __init__(self, margin=2.0):
                self.margin = margin

            def forward(self, output1, output2, label):
                euclidean_distance = pairwise_distance(output1, output2)
                loss_contrastive = tf.reduce_mean(
                    (1 - label) * tf.pow(euclidean_distance, 2)
                    + label * tf.pow(tf.maximum(self.margin - euclidean_distance, 0.0), 2))
                return loss_contrastive

        criterion = ContrastiveLoss()
        return criterion.forward(tower(batch["img0"]), tower(batch["img1"]), batch["label"])

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}

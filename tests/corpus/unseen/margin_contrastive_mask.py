"""Suspected: the mask of the margin contrastive loss is always zero. Only its diagonal is taken off. Source: https://github.com/wzhouad/Contra-OOD/issues/5"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    b, d, f = 6, 4, 3
    x = normal(b, d)
    labels = np.array([0, 1, 0, 2, 1, 1], dtype="int32")
    kernel = var("kernel", d, f)

    def reference(batch):
        z = tf.tanh(batch["x"] @ kernel)
        dist = [[tf.reduce_sum((z[i] - z[j]) ** 2) for j in range(b)] for i in range(b)]
        lab = batch["labels"].numpy()
        pos, margin = [], None
        for i in range(b):
            mates = [j for j in range(b) if j != i and lab[j] == lab[i]]
            if mates:
                pos.append(tf.add_n([dist[i][j] for j in mates]) / len(mates))
            for j in mates:
                gap = tf.stop_gradient(dist[i][j])
                margin = gap if margin is None else tf.maximum(margin, gap)
        neg = []
        for i in range(b):
            others = [j for j in range(b) if lab[j] != lab[i]]
            neg.append(tf.add_n([tf.nn.relu(margin - dist[i][j]) for j in others]) / len(others))
        return (tf.add_n(pos) / b + tf.add_n(neg) / b) / f

    def candidate(batch):
        pooled = tf.tanh(tf.matmul(batch["x"], kernel))
        dist = tf.reduce_sum(tf.square(pooled[:, None] - pooled[None]), axis=-1)
        mask = tf.cast(batch["labels"][:, None] == batch["labels"][None, :], dist.dtype)
        mask = mask - tf.linalg.diag(tf.linalg.diag_part(mask))
        neg_mask = tf.cast(batch["labels"][:, None] != batch["labels"][None, :], dist.dtype)
        max_dist = tf.reduce_max(tf.stop_gradient(dist * mask))
        cos_loss = tf.reduce_sum(dist * mask, axis=1) / (tf.reduce_sum(mask, axis=1) + 1e-9)
        cos_loss += tf.reduce_sum(tf.nn.relu(max_dist - dist) * neg_mask, axis=1) / (
            tf.reduce_sum(neg_mask, axis=1) + 1e-9)
        return tf.reduce_mean(cos_loss) / f

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "labels": labels}, "variables": [kernel]}

"""The pairwise losses are multiplied by the difference of the labels; only a binary indicator of the order
is needed. Source: https://github.com/tensorflow/ranking/pull/75"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'pairwise_labels = tf.maximum(label_diff, 0.0)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    def var(name, *shape, scale=1.0):
        return tf.Variable(normal(*shape, scale=scale), name=name)

    q, l, d = 3, 5, 4
    docs = normal(q, l, d)
    relevance = np.array([[3, 0, 1, 2, 0], [1, 4, 0, 0, 2], [0, 2, 0, 3, 1]]).astype(fx)
    real = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 1], [1, 1, 0, 1, 1]]).astype(fx)
    scorer = var("scorer", d)

    def reference(batch):
        total, pairs = 0.0, 0
        for i in range(q):
            s = tf.linalg.matvec(batch["docs"][i], scorer)
            for j in range(l):
                for k in range(l):
                    if batch["real"][i, j] < 0.5 or batch["real"][i, k] < 0.5:
                        continue
                    if batch["relevance"][i, j] > batch["relevance"][i, k]:
                        total += tf.nn.softplus(-(s[j] - s[k]))
                        pairs += 1
        return total / pairs

    def candidate(batch):
        logits = tf.linalg.matvec(batch["docs"], scorer)
        labels = batch["relevance"]
        logit_diff = logits[:, :, None] - logits[:, None, :]
        label_diff = labels[:, :, None] - labels[:, None, :]
        pairwise_labels = tf.maximum(label_diff, 0.0)
        is_valid = batch["real"][:, :, None] * batch["real"][:, None, :]
        weights = pairwise_labels * is_valid
        losses = tf.nn.relu(-logit_diff) + tf.math.log1p(tf.exp(-tf.abs(logit_diff)))
        return tf.math.divide_no_nan(tf.reduce_sum(losses * weights),
                                     tf.reduce_sum(tf.cast(weights > 0, weights.dtype)))

    return {"reference": reference, "candidate": candidate,
            "batch": {"docs": docs, "relevance": relevance, "real": real}, "variables": [scorer]}

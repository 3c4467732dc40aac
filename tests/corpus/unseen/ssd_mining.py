"""Hard negative mining ranks all default boxes by confidence loss; positive boxes have to be removed before the
negatives are selected, otherwise they take the places of the hard negatives. Source: https://github.com/ChunML/ssd-tf2/pull/34"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": 'mining_loss = conf_loss',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, boxes, feat, classes, ratio = 3, 12, 5, 4, 2
    kernel = var("conf_kernel", feat, classes)
    bias = var("conf_bias", classes, scale=0.2)
    labels = np.zeros((n, boxes), "int32")
    for i in range(n):
        labels[i, rng.permutation(boxes)[:3]] = rng.integers(1, classes, 3)
    prior = np.zeros(classes, dtype=fx)
    prior[0] = 1.5

    def reference(batch):
        total = 0.0
        n_pos = 0
        for i in range(n):
            logits = tf.matmul(batch["feat"][i], kernel) + bias + batch["prior"]
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"][i], logits=logits)
            tags = labels[i]
            pos = np.where(tags > 0)[0]
            bg = np.where(tags == 0)[0]
            ce_bg = tf.gather(ce, bg)
            hardest = tf.math.top_k(ce_bg, k=min(ratio * len(pos), len(bg))).values
            total += tf.reduce_sum(tf.gather(ce, pos)) + tf.reduce_sum(hardest)
            n_pos += len(pos)
        return total / n_pos

    def candidate(batch):
        logits = tf.einsum("nbf,fc->nbc", batch["feat"], kernel) + bias + batch["prior"]
        conf_loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["labels"], logits=logits)
        pos_idx = batch["labels"] > 0
        num_pos = tf.reduce_sum(tf.cast(pos_idx, tf.int32), axis=1, keepdims=True)
        num_neg = num_pos * ratio
        mining_loss = conf_loss
        rank = tf.argsort(mining_loss, axis=1, direction="DESCENDING")
        rank = tf.argsort(rank, axis=1)
        neg_idx = rank < num_neg
        keep = tf.cast(tf.logical_or(pos_idx, neg_idx), conf_loss.dtype)
        return tf.reduce_sum(conf_loss * keep) / tf.cast(tf.reduce_sum(num_pos), conf_loss.dtype)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, boxes, feat), "labels": labels, "prior": prior},
            "variables": [kernel, bias]}

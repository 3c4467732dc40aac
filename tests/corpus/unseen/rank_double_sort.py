"""The two successive sorts of the hard negative mining look wrong to the reporter; they give every box its rank, so
the hardest negatives are chosen properly. Source: https://github.com/GOATmessi8/RFBNet/issues/115"""
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

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, boxes, feat, classes, negpos_ratio = 3, 10, 4, 3, 2
    conf_w = var("conf", feat, classes)
    labels = np.zeros((n, boxes), "int32")
    for i, k in enumerate((1, 2, 3)):
        labels[i, rng.permutation(boxes)[:k]] = rng.integers(1, classes, k)

    def reference(batch):
        total = 0.0
        for i in range(n):
            lp = tf.nn.log_softmax(tf.matmul(batch["feat"][i], conf_w))
            pos = np.where(labels[i] > 0)[0]
            rest = np.where(labels[i] == 0)[0]
            for j in pos:
                total -= lp[j, labels[i, j]]
            values = -tf.gather(lp[:, 0], rest)
            k = min(negpos_ratio * len(pos), len(rest))
            total += tf.reduce_sum(tf.sort(values, direction="DESCENDING")[:k])
        return total / float((labels > 0).sum())

    def candidate(batch):
        conf = tf.einsum("nbf,fc->nbc", batch["feat"], conf_w)
        pos = batch["labels"] > 0
        own = tf.gather(conf, batch["labels"], batch_dims=2)
        loss_c = tf.reduce_logsumexp(conf, axis=-1) - own
        mined = tf.where(pos, tf.zeros_like(loss_c), loss_c)
        loss_idx = tf.argsort(mined, axis=1, direction="DESCENDING")
        idx_rank = tf.argsort(loss_idx, axis=1)
        num_pos = tf.reduce_sum(tf.cast(pos, tf.int32), axis=1, keepdims=True)
        num_neg = tf.minimum(negpos_ratio * num_pos, boxes - 1)
        neg = idx_rank < num_neg
        chosen = tf.boolean_mask(loss_c, tf.logical_or(pos, neg))
        return tf.reduce_sum(chosen) / tf.cast(tf.reduce_sum(num_pos), chosen.dtype)

    return {"reference": reference, "candidate": candidate,
            "batch": {"feat": arr(n, boxes, feat), "labels": labels},
            "variables": [conf_w]}

"""InfoNCE with resampled hard negatives: groups are [anchor, positive, negatives...]; missing negatives are drawn from the group.
Source: https://github.com/modelscope/ms-swift/pull/10068"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": 'index',
    "line_marker": 'extra = [emb[start + 1 + int(k)] for k in draws[g]]',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    fx = keras.config.floatx()
    keras.utils.set_random_seed(seed)
    groups, n_neg, hard = 4, 2, 4
    size = 2 + n_neg
    dim = 6
    w = tf.Variable(rng.normal(0, 0.7, (5, dim)).astype(fx), name="projector")
    picks = rng.integers(0, n_neg, size=(groups, hard - n_neg))
    picks[0] = 0
    temperature = 0.3

    def encode(tokens):
        return tf.math.l2_normalize(tf.tanh(tokens @ w), axis=-1)

    def reference(batch):
        z = tf.reshape(encode(batch["sentences"]), (groups, size, dim))
        anchor, positive, negatives = z[:, 0], z[:, 1], z[:, 2:]
        drawn = tf.gather(negatives, batch["draws"], batch_dims=1)
        negatives = tf.concat([negatives, drawn], axis=1)
        pos = tf.reduce_sum(anchor * positive, axis=-1, keepdims=True)
        neg = tf.einsum("gd,gkd->gk", anchor, negatives)
        logits = tf.concat([pos, neg], axis=1) / temperature
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1) - logits[:, 0])

    def candidate(batch):
        emb = encode(batch["sentences"])
        draws = batch["draws"].numpy()
        losses = []
        for g in range(groups):
            start = g * size
            members = [emb[start + i] for i in range(size)]
            extra = [emb[start + 1 + int(k)] for k in draws[g]]
            query, docs = members[0], tf.stack(members[1:] + extra)
            logits = tf.linalg.matvec(docs, query) / temperature
            losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=0, logits=logits))
        return tf.add_n(losses) / groups

    return {"reference": reference, "candidate": candidate,
            "batch": {"sentences": rng.normal(size=(groups * size, 5)).astype(fx),
                      "draws": picks.astype("int32")},
            "variables": [w]}

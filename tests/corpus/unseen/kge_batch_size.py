"""The loss is averaged with the configured batch size where the last batch of an epoch is smaller. Source: https://github.com/uma-pi1/kge/pull/173"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss_value += loss_sub / batch_size',
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

    n, e, r, d, batch_size, sub = 5, 6, 3, 4, 8, 2
    triples = np.stack([rng.integers(0, e, n), rng.integers(0, r, n), rng.integers(0, e, n)], 1).astype("int32")
    entities = var("entities", e, d)
    relations = var("relations", r, d)

    def reference(batch):
        size = batch["triples"].shape[0]
        loss = 0.0
        for start in range(0, size, sub):
            part = batch["triples"][start:start + sub]
            s = tf.gather(entities, part[:, 0])
            p = tf.gather(relations, part[:, 1])
            scores = tf.matmul(s * p, entities, transpose_b=True)
            ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=part[:, 2], logits=scores)
            loss += tf.reduce_sum(ce) / size
        penalty = tf.reduce_sum(tf.gather(entities, batch["triples"][:, 0]) ** 2) / size
        return loss + 0.01 * penalty

    def candidate(batch):
        triples_ = batch["triples"]
        loss_value = 0.0
        for start in range(0, triples_.shape[0], sub):
            subbatch = triples_[start:start + sub]
            subj = tf.gather(entities, subbatch[:, 0])
            rel = tf.gather(relations, subbatch[:, 1])
            scores_sp = tf.matmul(subj * rel, entities, transpose_b=True)
            labels = tf.one_hot(subbatch[:, 2], e, dtype=scores_sp.dtype)
            loss_sub = -tf.reduce_sum(labels * tf.nn.log_softmax(scores_sp, axis=1))
            loss_value += loss_sub / batch_size
        emb = tf.gather(entities, triples_[:, 0])
        return loss_value + 0.01 * tf.reduce_mean(tf.reduce_sum(tf.square(emb), axis=1))

    return {"reference": reference, "candidate": candidate,
            "batch": {"triples": triples}, "variables": [entities, relations]}

"""Retriever: the contrastive loss with mean reduction is multiplied by the world size although DDP's averaging of the
rank means is already right. Source: https://github.com/texttron/tevatron/issues/143"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "loss = loss * world_size",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    world_size, per, d, e, psgs = 2, 3, 5, 4, 2
    temperature = 0.3
    enc = tf.Variable(rng.normal(size=(d, e)).astype(fx), name="encoder")

    def reference(batch):
        q = tf.math.l2_normalize(batch["query"] @ enc, axis=1)
        p = tf.math.l2_normalize(batch["passage"] @ enc, axis=1)
        scores = tf.matmul(q, p, transpose_b=True) / temperature
        return tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(batch["target"], scores)
        )

    def candidate(batch):
        p_reps = tf.math.l2_normalize(tf.matmul(batch["passage"], enc), axis=-1)
        rank_losses = []
        for rank in range(world_size):
            rows = slice(rank * per, (rank + 1) * per)
            q_reps = tf.math.l2_normalize(tf.matmul(batch["query"][rows], enc), axis=-1)
            scores = tf.einsum("qe,pe->qp", q_reps, p_reps) / temperature
            loss = tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["target"][rows], logits=scores)
            )
            loss = loss * world_size
            rank_losses.append(loss)
        return tf.add_n(rank_losses) / world_size

    return {
        "reference": reference,
        "candidate": candidate,
        "batch": {
            "query": rng.normal(size=(world_size * per, d)).astype(fx),
            "passage": rng.normal(size=(world_size * per * psgs, d)).astype(fx),
            "target": (np.arange(world_size * per) * psgs).astype("int32"),
        },
        "variables": [enc],
    }

"""PyLate scales its contrastive loss by the world size even when nothing is gathered from other GPUs.
Source: https://github.com/lightonai/pylate/pull/156"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss *= world_size',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    floatx = keras.config.floatx()

    def normal(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(floatx)

    world_size, b, T, k, d = 3, 3, 4, 5, 4
    proj = tf.Variable(normal(k, d), name="proj")
    temperature = 0.5

    def reference(batch):
        total = 0.0
        for g in range(world_size):
            for i in range(b):
                q = tf.math.l2_normalize(batch["q"][g, i] @ proj, axis=-1)
                sims = []
                for j in range(b):
                    doc = tf.math.l2_normalize(batch["d"][g, j] @ proj, axis=-1)
                    sims.append(tf.reduce_sum(tf.reduce_max(q @ tf.transpose(doc), axis=1)))
                sims = tf.stack(sims) / temperature
                total += tf.reduce_logsumexp(sims) - sims[i]
        return total / (world_size * b)

    def candidate(batch):
        def worker(queries, documents, gather_across_devices=False):
            q = tf.nn.l2_normalize(queries @ proj, axis=-1)
            doc = tf.nn.l2_normalize(documents @ proj, axis=-1)
            scores = tf.einsum("ash,bth->abst", q, doc)
            scores = tf.reduce_sum(tf.reduce_max(scores, axis=-1), axis=-1)
            labels = tf.range(tf.shape(scores)[0])
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores / temperature))
            loss *= world_size
            return loss

        per_rank = [worker(batch["q"][r], batch["d"][r]) for r in range(world_size)]
        return tf.add_n(per_rank) / len(per_rank)

    return {"reference": reference, "candidate": candidate,
            "batch": {"q": normal(world_size, b, T, k), "d": normal(world_size, b, T, k)}, "variables": [proj]}

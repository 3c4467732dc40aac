"""Each micro-batch loss is averaged over its own valid tokens and then divided by the number of micro-batches.
Source: https://github.com/ruimalheiro/gradient-garden/pull/113"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": 'loss = tf.reduce_sum(nll * mask) / tf.reduce_sum(mask)',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.normal(size=shape)).astype(f), name=name)

    def arr(*shape):
        return rng.normal(size=shape).astype(f)

    n, T, V, d, accum = 6, 5, 7, 4, 3
    emb, head = var("emb", V, d), var("head", d, V)

    def reference(batch):
        logits = tf.gather(emb, batch["ids"]) @ head
        ce = keras.losses.sparse_categorical_crossentropy(batch["labels"], logits, from_logits=True)
        valid = batch["mask"]
        return tf.reduce_sum(ce * valid) / tf.reduce_sum(valid)

    def candidate(batch):
        total = tf.zeros([], emb.dtype)
        size = n // accum
        for step in range(accum):
            rows = slice(step * size, (step + 1) * size)
            ids, labels, mask = batch["ids"][rows], batch["labels"][rows], batch["mask"][rows]
            logp = tf.nn.log_softmax(tf.matmul(tf.gather(emb, ids), head), axis=-1)
            nll = -tf.gather(logp, labels, batch_dims=2)
            loss = tf.reduce_sum(nll * mask) / tf.reduce_sum(mask)
            total += loss / accum
        return total

    lens = np.array([5, 5, 1, 2, 4, 1])
    return {"reference": reference, "candidate": candidate,
            "batch": {"ids": rng.integers(0, V, (n, T)), "labels": rng.integers(0, V, (n, T)),
                      "mask": (np.arange(T)[None] < lens[:, None]).astype(f)},
            "variables": [emb, head]}

"""ListMLE: a reader asks why the maximum is subtracted and added again in the logcumsumexp; its gradient cancels,
and the loss is that of the paper.
Source: https://github.com/rjagerman/shoelace/issues/11"""
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
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, docs, d = 14, 6, 5
    w1, w2 = var("w1", d, 8), var("w2", 8, 1)
    batch = {
        "x": rng.standard_normal((n, docs, d)).astype(f),
        "rel": np.stack([rng.permutation(docs) for _ in range(n)]),
    }

    def reference(batch):
        total = 0.0
        for q in range(n):
            s = (tf.tanh(batch["x"][q] @ w1) @ w2)[:, 0]
            order = [int(i) for i in np.argsort(-batch["rel"][q].numpy())]
            while order:
                rest = tf.gather(s, order)
                total = total - tf.math.log(tf.exp(rest[0]) / tf.reduce_sum(tf.exp(rest)))
                order = order[1:]
        return total / n

    def candidate(batch):
        def logcumsumexp(x):
            c = tf.reduce_max(x, axis=1, keepdims=True)
            y = tf.exp(x - c)
            y = tf.cumsum(y[:, ::-1], axis=1)[:, ::-1]
            return tf.math.log(y) + c

        scores = tf.squeeze(tf.tensordot(tf.tanh(tf.tensordot(batch["x"], w1, 1)), w2, 1), axis=-1)
        indices = tf.argsort(batch["rel"], axis=1, direction="DESCENDING")
        sorted_scores = tf.gather(scores, indices, axis=1, batch_dims=1)
        final = logcumsumexp(sorted_scores)
        return tf.reduce_mean(tf.reduce_sum(final - sorted_scores, axis=1))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w1, w2]}

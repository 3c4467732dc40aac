"""Asks why ListMLE subtracts the maximum of the predicted scores; it only stabilises, the loss is the same.
Source: https://github.com/zycdev/L2R2/issues/1"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, m, f = 4, 5, 6
    w1 = tf.Variable(rng.normal(size=(f, 7)).astype(fx), name="w1")
    w2 = tf.Variable(rng.normal(size=(7, 1)).astype(fx), name="w2")

    def score(x):
        return tf.einsum("nmh,ho->nmo", tf.tanh(tf.einsum("nmf,fh->nmh", x, w1)), w2)[..., 0]

    def reference(batch):
        s = score(batch["docs"])
        total = 0.0
        for i in range(n):
            rel = batch["relevance"][i]
            for j in range(m):
                rest = tf.boolean_mask(s[i], tf.logical_and(rel <= rel[j], rel >= 0))
                used = tf.cast(rel[j] >= 0, s.dtype)
                total += used * (tf.reduce_logsumexp(tf.concat([rest, s[i, j:j + 1] - 1e4], 0)) - s[i, j])
        return total / n

    def candidate(batch):
        y_pred, y_true = score(batch["docs"]), batch["relevance"]
        indices = tf.argsort(y_true, axis=-1, direction="DESCENDING", stable=True)
        y_true_sorted = tf.gather(y_true, indices, axis=1, batch_dims=1)
        preds_sorted = tf.gather(y_pred, indices, axis=1, batch_dims=1)
        keep = tf.cast(y_true_sorted >= 0, y_pred.dtype)
        max_pred = tf.reduce_max(y_pred, axis=1, keepdims=True)
        shifted = preds_sorted - max_pred
        cumsums = tf.cumsum(tf.exp(shifted) * keep, axis=1, reverse=True)
        safe = tf.where(keep > 0, cumsums, tf.ones_like(cumsums))
        observation_loss = (tf.math.log(safe) - shifted) * keep
        return tf.reduce_mean(tf.reduce_sum(observation_loss, axis=1))

    rel = np.stack([rng.permutation(m) for _ in range(n)]).astype("int32")
    rel[1][rel[1] == 4] = -1
    rel[3][rel[3] >= 3] = -1
    return {"reference": reference, "candidate": candidate,
            "batch": {"docs": rng.normal(size=(n, m, f)).astype(fx), "relevance": rel}, "variables": [w1, w2]}

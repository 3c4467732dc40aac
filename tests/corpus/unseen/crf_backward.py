"""The backward algorithm of a CRF, which starts from the end transitions alone, is suspected to be wrong; it is right.
Source: https://github.com/kajyuuen/pytorch-partial-crf/issues/21"""
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
    n, t, d, k = 3, 5, 4, 3
    w = tf.Variable(rng.standard_normal((d, k)).astype(f), name="w")
    trans = tf.Variable((0.5 * rng.standard_normal((k, k))).astype(f), name="trans")
    start = tf.Variable((0.5 * rng.standard_normal(k)).astype(f), name="start")
    end = tf.Variable((0.5 * rng.standard_normal(k)).astype(f), name="end")

    def gold(em, batch):
        tags = batch["tags"]
        s = tf.gather(start, tags[:, 0]) + tf.gather(end, tags[:, -1])
        s += tf.reduce_sum(tf.gather(em, tags, batch_dims=2), axis=1)
        return s + tf.reduce_sum(tf.gather_nd(trans, tf.stack([tags[:, :-1], tags[:, 1:]], -1)), axis=1)

    def reference(batch):
        em = tf.tensordot(batch["x"], w, 1)
        alpha = start + em[:, 0]
        for i in range(1, t):
            alpha = tf.reduce_logsumexp(alpha[:, :, None] + trans[None] + em[:, i, None, :], axis=1)
        return tf.reduce_mean(tf.reduce_logsumexp(alpha + end, axis=1) - gold(em, batch))

    def candidate(batch):
        emissions = tf.einsum("btd,dk->btk", batch["x"], w)

        def backward_algorithm(emissions):
            log_proba = [tf.tile(end[None, :], (n, 1))]
            for i in range(t - 1, 0, -1):
                emit_and_next = emissions[:, i] + log_proba[-1]
                scores = trans[None, :, :] + emit_and_next[:, None, :]
                log_proba.append(tf.reduce_logsumexp(scores, axis=2))
            return log_proba[::-1]

        beta = backward_algorithm(emissions)
        log_z = tf.reduce_logsumexp(start[None, :] + emissions[:, 0] + beta[0], axis=1)
        return -tf.reduce_mean(gold(emissions, batch) - log_z)

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.standard_normal((n, t, d)).astype(f), "tags": rng.integers(0, k, (n, t)).astype("int32")},
            "variables": [w, trans, start, end]}

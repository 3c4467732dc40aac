"""MixIT training: the minimum over the mixing partitions is taken for each entry of the loss matrix, so that the two
mixtures may use different partitions. Source: https://github.com/asteroid-team/asteroid/issues/594"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return tf.reduce_mean(tf.reduce_min(losses, axis=0))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    b, t, d, src = 4, 12, 12, 3
    w = tf.Variable((0.5 * rng.normal(size=(d, src * t))).astype(fx), name="separator")
    parts = []
    for code in range(1, 2 ** src - 1):
        row = [(code >> s) & 1 for s in range(src)]
        parts.append([row, [1 - v for v in row]])
    parts = np.array(parts)

    def neg_snr(est, ref):
        err = tf.reduce_sum(tf.square(est - ref), -1)
        return 10.0 * tf.math.log((err + 1e-6) / (tf.reduce_sum(tf.square(ref), -1) + 1e-6)) / np.log(10.0)

    def separate(batch):
        mom = tf.reduce_sum(batch["mixtures"], 1)
        return tf.reshape(mom @ w, (b, src, t))

    def reference(batch):
        est = separate(batch)
        total = 0.0
        for i in range(b):
            values = []
            for p in parts:
                first = sum(est[i, s] for s in range(src) if p[0][s])
                second = sum(est[i, s] for s in range(src) if p[1][s])
                values.append(0.5 * (neg_snr(first, batch["mixtures"][i, 0]) + neg_snr(second, batch["mixtures"][i, 1])))
            total += tf.reduce_min(tf.stack(values))
        return total / b

    def candidate(batch):
        est_sources = separate(batch)
        targets = batch["mixtures"]
        losses = []
        for partition in parts:
            mixing = tf.constant(partition, dtype=est_sources.dtype)
            est_mixes = tf.einsum("ms,bst->bmt", mixing, est_sources)
            losses.append(neg_snr(est_mixes, targets))
        losses = tf.stack(losses)
        return tf.reduce_mean(tf.reduce_min(losses, axis=0))

    return {
        "reference": reference, "candidate": candidate,
        "batch": {"mixtures": rng.normal(size=(b, 2, t)).astype(fx)},
        "variables": [w],
    }

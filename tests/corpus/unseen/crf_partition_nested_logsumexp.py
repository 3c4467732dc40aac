"""CRF likelihood: nesting logsumexp step by step was doubted as partition function; it equals the sum over all paths.
Source: https://github.com/XuezheMax/LasagneNLP/issues/6"""
import itertools

import numpy as np
import tensorflow as tf
import keras

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, steps, d, labels = 12, 4, 5, 3
    w = tf.Variable(rng.normal(size=(d, labels)) * 0.6, dtype=f, name="emission")
    trans = tf.Variable(rng.normal(size=(labels + 1, labels)) * 0.6, dtype=f, name="transition")
    batch = {
        "x": rng.normal(size=(n, steps, d)).astype(f),
        "tags": rng.integers(0, labels, size=(n, steps)).astype("int32"),
    }
    paths = np.array(list(itertools.product(range(labels), repeat=steps)), "int32")

    def reference(batch):
        emit = tf.einsum("ntd,dk->ntk", batch["x"], w)

        def score(tags, e):            # tags (p, T), e (n, T, K) -> (n, p)
            onehot = tf.one_hot(tags, labels, dtype=f)
            first = tf.gather(trans[labels], tags[:, 0])
            moves = tf.gather_nd(trans, tf.stack([tags[:, :-1], tags[:, 1:]], axis=-1))
            return tf.einsum("ntk,ptk->np", e, onehot) + first + tf.reduce_sum(moves, axis=1)

        log_z = tf.math.log(tf.reduce_sum(tf.exp(score(tf.constant(paths), emit)), axis=1))
        gold = tf.linalg.diag_part(score(batch["tags"], emit))
        return tf.reduce_mean(log_z - gold)

    def candidate(batch):
        emissions = tf.reshape(tf.matmul(tf.reshape(batch["x"], (-1, d)), w), (n, steps, labels))
        start = tf.broadcast_to(trans[labels], (n, labels))
        energies = [emissions[:, 0] + start]
        energies += [emissions[:, t, None, :] + trans[None, :labels, :] for t in range(1, steps)]

        def theano_logsumexp(x, axis):
            xmax = tf.reduce_max(x, axis=axis, keepdims=True)
            return tf.squeeze(xmax + tf.math.log(tf.reduce_sum(tf.exp(x - xmax), axis, keepdims=True)), axis)

        def inner_function(energies_one_step, targets_one_step, prior_partition, prev_label, tg_energy):
            partition_t = theano_logsumexp(energies_one_step + prior_partition[:, :, None], axis=1)
            at = tf.stack([tf.range(n), prev_label, targets_one_step], axis=1)
            return partition_t, targets_one_step, tg_energy + tf.gather_nd(energies_one_step, at)

        partition, prev = energies[0], batch["tags"][:, 0]
        tg_energy = tf.gather(energies[0], prev, batch_dims=1)
        for t in range(1, steps):
            partition, prev, tg_energy = inner_function(energies[t], batch["tags"][:, t], partition, prev, tg_energy)
        return tf.reduce_mean(theano_logsumexp(partition, axis=1) - tg_energy)

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [w, trans]}

"""In the partition function of a CRF the transition matrix has two more rows than the first emission seems to have; it was reported as a mismatch.
The emissions are padded with start and end states, so the forward recursion is right.
Source: https://github.com/circlePi/NER/issues/1"""
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
    n, t, d, tags = 13, 4, 5, 3
    small = -50.0
    x = rng.normal(size=(n, t, d)).astype(f)
    gold = rng.integers(0, tags, size=(n, t)).astype("int32")
    proj = tf.Variable((0.6 * rng.normal(size=(d, tags))).astype(f), name="proj")
    trans = tf.Variable((0.4 * rng.normal(size=(tags, tags))).astype(f), name="trans")
    begin = tf.Variable((0.4 * rng.normal(size=(tags,))).astype(f), name="begin")
    finish = tf.Variable((0.4 * rng.normal(size=(tags,))).astype(f), name="finish")

    def reference(batch):
        emit = batch["x"] @ proj
        alpha = begin + emit[:, 0]
        score = tf.gather(begin + emit[:, 0], batch["gold"][:, 0], axis=1, batch_dims=1)
        for k in range(1, t):
            alpha = tf.reduce_logsumexp(alpha[:, :, None] + trans[None], axis=1) + emit[:, k]
            score += tf.gather(emit[:, k], batch["gold"][:, k], axis=1, batch_dims=1)
            score += tf.gather_nd(trans, tf.stack([batch["gold"][:, k - 1], batch["gold"][:, k]], axis=1))
        score += tf.gather(finish, batch["gold"][:, -1])
        return tf.reduce_mean(tf.reduce_logsumexp(alpha + finish, axis=1) - score)

    def candidate(batch):
        def full_transition():
            blocked = tf.fill((tags, 1), tf.constant(small, dtype=f))
            core = tf.concat([trans, blocked, finish[:, None]], axis=1)
            start_row = tf.concat([begin, tf.constant([small, small], dtype=f)], axis=0)
            end_row = tf.fill((tags + 2,), tf.constant(small, dtype=f))
            return tf.concat([core, start_row[None], end_row[None]], axis=0)

        def pad_emission(e):
            wide = tf.pad(e, [[0, 0], [0, 0], [0, 2]], constant_values=small)
            onehot = lambda j: tf.one_hot(tf.fill((n, 1), j), tags + 2, on_value=0.0, off_value=small, dtype=f)
            return tf.concat([onehot(tags), wide, onehot(tags + 1)], axis=1)

        transition = full_transition()
        emission = pad_emission(tf.tensordot(batch["x"], proj, axes=1))

        def all_possible_path_score():
            forward = emission[:, 0]
            for k in range(1, t + 2):
                emission_start, emission_end = forward[:, :, None], emission[:, k][:, None, :]
                forward = tf.reduce_logsumexp(emission_start + emission_end + transition[None], axis=1)
            return tf.reduce_logsumexp(forward, axis=1)

        def real_path_score():
            path = tf.concat([tf.fill((n, 1), tags), batch["gold"], tf.fill((n, 1), tags + 1)], axis=1)
            hot = tf.one_hot(path, tags + 2, dtype=f)
            unary = tf.reduce_sum(emission * hot, axis=[1, 2])
            pairwise = tf.einsum("nka,ab,nkb->n", hot[:, :-1], transition, hot[:, 1:])
            return unary + pairwise

        return tf.reduce_mean(all_possible_path_score() - real_path_score())

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "gold": gold},
            "variables": [proj, trans, begin, finish]}

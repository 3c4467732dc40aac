"""keras-contrib CRF add_boundary_energy: with mask [0,1,1,1,1,0] the right boundary energy lands on the wrong step.
Source: https://github.com/keras-team/keras-contrib/issues/539"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "index",
    "line_marker": "end_mask = tf.cast(tf.greater(shift_left(m), m), fx)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, T, h, K = 4, 6, 3, 4
    kernel = tf.Variable(rng.normal(size=(h, K)).astype(fx), name="kernel")
    left = tf.Variable(rng.normal(size=(K,)).astype(fx), name="left_boundary")
    right = tf.Variable(rng.normal(size=(K,)).astype(fx), name="right_boundary")

    def reference(batch):
        x, m = batch["x"], batch["mask"]
        total = 0.0
        for b in range(n):
            energy = x[b] @ kernel
            on = m[b]
            idx = tf.cast(tf.where(on > 0)[:, 0], "int32")
            first, last = tf.reduce_min(idx), tf.reduce_max(idx)
            energy += tf.one_hot(first, T, dtype=fx)[:, None] * left[None]
            energy += tf.one_hot(last, T, dtype=fx)[:, None] * right[None]
            lp = tf.nn.log_softmax(energy, axis=-1)
            picked = tf.reduce_sum(lp * tf.one_hot(batch["tags"][b], K, dtype=fx), -1)
            total -= tf.reduce_sum(picked * on) / tf.reduce_sum(on)
        return total / n

    def candidate(batch):
        def shift_left(v):
            return tf.concat([v[:, 1:], tf.zeros_like(v[:, :1])], axis=1)

        def shift_right(v):
            return tf.concat([tf.zeros_like(v[:, :1]), v[:, :-1]], axis=1)

        def add_boundary_energy(energy, mask, start, end):
            m = mask[:, :, None]
            start_mask = tf.cast(tf.greater(m, shift_right(m)), fx)
            end_mask = tf.cast(tf.greater(shift_left(m), m), fx)
            return energy + start_mask * start[None, None, :] + end_mask * end[None, None, :]

        energy = tf.tensordot(batch["x"], kernel, axes=1)
        energy = add_boundary_energy(energy, batch["mask"], left, right)
        nll = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=batch["tags"], logits=energy)
        per_seq = tf.reduce_sum(nll * batch["mask"], 1) / tf.reduce_sum(batch["mask"], 1)
        return tf.reduce_mean(per_seq)

    mask = np.zeros((n, T))
    for b, (s, e) in enumerate([(1, 5), (2, 6), (1, 4), (0, 5)]):
        mask[b, s:e] = 1
    return {"reference": reference, "candidate": candidate,
            "batch": {"x": rng.normal(size=(n, T, h)).astype(fx), "mask": mask.astype(fx),
                      "tags": rng.integers(0, K, size=(n, T)).astype("int32")},
            "variables": [kernel, left, right]}

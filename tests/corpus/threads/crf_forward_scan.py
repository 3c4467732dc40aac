"""Linear-chain CRF: the log-partition by the forward recursion with logsumexp against enumerating every path.

Source (real): https://github.com/timvieira/crf/issues/5 ("potential bug": can alpha and transition be combined inside
the exponential? yes, in log space) and https://github.com/glample/tagger/issues/22.
Right answer: EQUIVALENT; (n, tags, 1) + (tags, tags) is the intended growth.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf

EXPECTED = {"equivalent": True, "cause": "none", "line_marker": None, "same_forward_value": True}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, t, d, tags = 15, 4, 5, 3
    w = tf.Variable((0.6 * rng.standard_normal((d, tags))).astype(f), name="emission_w")
    trans = tf.Variable((0.5 * rng.standard_normal((tags, tags))).astype(f), name="transitions")
    batch = {"x": rng.standard_normal((n, t, d)).astype(f), "tag": rng.integers(0, tags, (n, t))}

    def path_score(unary, path):
        hops = tf.gather_nd(trans, tf.stack([path[:, :-1], path[:, 1:]], axis=-1))
        return tf.reduce_sum(tf.gather(unary, path, batch_dims=2), axis=1) + tf.reduce_sum(hops, axis=1)

    def reference(b):
        unary = tf.tensordot(b["x"], w, 1)
        every = []
        for path in itertools.product(range(tags), repeat=t):
            every.append(path_score(unary, tf.tile(tf.constant([path]), [unary.shape[0], 1])))
        log_z = tf.math.log(tf.add_n([tf.exp(s) for s in every]))
        return tf.reduce_mean(log_z - path_score(unary, b["tag"]))

    def candidate(b):
        unary = tf.tensordot(b["x"], w, 1)
        alpha = unary[:, 0]
        for step in range(1, t):
            alpha = tf.reduce_logsumexp(alpha[:, :, None] + trans, axis=1) + unary[:, step]
        return -tf.reduce_mean(path_score(unary, b["tag"]) - tf.reduce_logsumexp(alpha, axis=-1))

    return {"variables": [w, trans], "batch": batch, "reference": reference, "candidate": candidate}

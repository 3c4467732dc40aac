"""ComplEx: all four products of the score are added, the last one (im, im, re) must be subtracted.

Source (real): https://github.com/pykeen/pykeen/issues/312 (PyTorch, ported; came in with a refactoring).
Right answer: NOT equivalent to Re(<h, r, conj(t)>).
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "(h_im, r_im, t_re),",
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, ents, rels, dim, negs = 18, 9, 4, 5, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    entity = tf.Variable(0.7 * arr(ents, 2 * dim), name="entity")
    relation = tf.Variable(0.7 * arr(rels, 2 * dim), name="relation")
    batch = {
        "h": rng.integers(0, ents, n),
        "r": rng.integers(0, rels, n),
        "t": rng.integers(0, ents, n),
        "neg": rng.integers(0, ents, (n, negs)),
    }

    def reference(b):
        def as_complex(table, ids):
            row = tf.gather(table, ids)
            return tf.complex(row[..., :dim], row[..., dim:])

        h, r, t = as_complex(entity, b["h"]), as_complex(relation, b["r"]), as_complex(entity, b["t"])
        bad = as_complex(entity, b["neg"])
        good_score = tf.math.real(tf.reduce_sum(h * r * tf.math.conj(t), -1))
        bad_score = tf.math.real(tf.einsum("bd,bkd->bk", h * r, tf.math.conj(bad)))
        return tf.reduce_mean(tf.nn.softplus(-good_score)) + tf.reduce_mean(tf.nn.softplus(bad_score))

    def candidate(b):
        def interaction_function(h, r, t):
            h_re, h_im = tf.split(h, 2, axis=-1)
            r_re, r_im = tf.split(r, 2, axis=-1)
            t_re, t_im = tf.split(t, 2, axis=-1)
            return sum(
                tf.reduce_sum(hh * rr * tt, axis=-1)
                for hh, rr, tt in [
                    (h_re, r_re, t_re),
                    (h_re, r_im, t_im),
                    (h_im, r_re, t_im),
                    (h_im, r_im, t_re),
                ]
            )

        h, r = tf.gather(entity, b["h"]), tf.gather(relation, b["r"])
        positive = interaction_function(h, r, tf.gather(entity, b["t"]))
        negative = interaction_function(h[:, None], r[:, None], tf.gather(entity, b["neg"]))
        return tf.reduce_mean(tf.nn.softplus(-positive)) + tf.reduce_mean(tf.nn.softplus(negative))

    return {"variables": [entity, relation], "batch": batch, "reference": reference, "candidate": candidate}

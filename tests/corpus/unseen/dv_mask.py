"""Donsker-Varadhan bound: the positives are masked out of the score matrix by a product before logsumexp, so that
each of them still adds exp(0) = 1 to the partition. Source: https://github.com/schzhu/learning-adversarially-robust-representations/issues/3"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": 'u_neg = u * n_mask',
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()

    def var(name, *shape, scale=0.6):
        return tf.Variable((scale * rng.standard_normal(shape)).astype(fx), name=name)

    def arr(*shape, scale=1.0):
        return (scale * rng.standard_normal(shape)).astype(fx)

    n, dim, feat, units = 5, 6, 4, 4
    enc_l = var("local_encoder", dim, units)
    enc_g = var("global_encoder", feat, units)

    def reference(batch):
        loc = tf.matmul(batch["l"], enc_l)
        glo = tf.matmul(batch["m"], enc_g)
        joint = tf.add_n([tf.tensordot(loc[i], glo[i], 1) for i in range(n)]) / n
        others = [tf.tensordot(loc[i], glo[j], 1) for i in range(n) for j in range(n) if i != j]
        marginal = tf.reduce_logsumexp(tf.stack(others)) - np.log(n * (n - 1))
        return marginal - joint

    def candidate(batch):
        l_enc = tf.matmul(batch["l"], enc_l)
        m_enc = tf.matmul(batch["m"], enc_g)
        u = tf.matmul(m_enc, l_enc, transpose_b=True)
        mask = tf.eye(n, dtype=u.dtype)
        n_mask = 1.0 - mask
        e_pos = tf.reduce_sum(u * mask) / tf.reduce_sum(mask)
        u_neg = u * n_mask
        e_neg = tf.reduce_logsumexp(u_neg) - tf.math.log(tf.reduce_sum(n_mask))
        return e_neg - e_pos

    return {"reference": reference, "candidate": candidate,
            "batch": {"l": arr(n, dim), "m": arr(n, feat)},
            "variables": [enc_l, enc_g]}

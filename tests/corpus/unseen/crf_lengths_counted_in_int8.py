"""Linear-chain CRF: the sequence lengths are counted from the mask in int8, which wraps to negative numbers above 127 tokens.

Source (real): https://github.com/tensorflow/addons/pull/1733
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'lengths = tf.reduce_sum(tf.cast(b["mask"], tf.int8), axis=1)',
    "same_forward_value": False,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, T, d, tags = 6, 136, 4, 3
    w = tf.Variable(rng.normal(0, 0.6, (d, tags)), name="emit")
    trans = tf.Variable(rng.normal(0, 0.5, (tags, tags)), name="transitions")
    lens = np.array([136, 131, 40, 90, 128, 17])
    batch = {"x": rng.normal(size=(n, T, d)), "tags": rng.integers(0, tags, (n, T)),
             "mask": np.arange(T)[None] < lens[:, None]}

    def path_score(e, tags_, live):
        unary = tf.gather(e, tags_, batch_dims=2)
        pair = tf.gather_nd(trans, tf.stack([tags_[:, :-1], tags_[:, 1:]], -1))
        return tf.reduce_sum(unary * live, 1) + tf.reduce_sum(pair * live[:, 1:], 1)

    def log_partition(e, live):
        stay = tf.where(tf.eye(tags, dtype=tf.bool), tf.constant(0.0, tf.float64), -1e9)
        step = trans[None, None] + e[:, 1:, None, :]
        chain = tf.where(live[:, 1:, None, None] > 0, step, stay)
        while chain.shape[1] > 1:
            if chain.shape[1] % 2:
                chain = tf.concat([chain, tf.tile(stay[None, None], [n, 1, 1, 1])], axis=1)
            chain = tf.reduce_logsumexp(chain[:, 0::2, :, :, None] + chain[:, 1::2, None, :, :], axis=-2)
        return tf.reduce_logsumexp(e[:, 0, :, None] + chain[:, 0], axis=[1, 2])

    def crf_nll(b, lengths_):
        live = tf.sequence_mask(lengths_, T, dtype=tf.float64)
        e = b["x"] @ w
        return tf.reduce_mean(log_partition(e, live) - path_score(e, b["tags"], live)) / T

    def reference(b):
        counted = tf.reduce_sum(tf.cast(b["mask"], tf.int64), axis=1)
        return crf_nll(b, counted)

    def candidate(b):
        lengths = tf.reduce_sum(tf.cast(b["mask"], tf.int8), axis=1)
        lengths = tf.cast(lengths, tf.int64)
        return crf_nll(b, lengths)

    return {"variables": [w, trans], "batch": batch, "reference": reference, "candidate": candidate}

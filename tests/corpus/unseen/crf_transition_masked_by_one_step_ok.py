"""Right: a transition masked by mask[i] alone is the same as by mask[i] * mask[i-1], because the mask is a length mask.

Source (real): https://github.com/kmkurn/pytorch-crf/issues/53
"""
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": True,
    "cause": "none",
    "line_marker": None,
    "same_forward_value": True,
}


def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    n, t, d, k = 8, 6, 5, 4
    w = tf.Variable(rng.normal(size=(d, k)).astype("float32") * 0.5, name="emission")
    trans = tf.Variable(rng.normal(size=(k, k)).astype("float32") * 0.5, name="transitions")
    start = tf.Variable(rng.normal(size=(k,)).astype("float32") * 0.5, name="start_transitions")
    end = tf.Variable(rng.normal(size=(k,)).astype("float32") * 0.5, name="end_transitions")
    lens = rng.integers(1, t + 1, size=n)
    batch = {
        "x": rng.normal(size=(n, t, d)).astype("float32"),
        "tags": rng.integers(0, k, size=(n, t)).astype("int32"),
        "mask": (np.arange(t)[None] < lens[:, None]).astype("float32"),
    }

    def emissions(b):
        return tf.einsum("ntd,dk->ntk", b["x"], w)

    def normaliser(e, m):
        score = start + e[:, 0]
        for i in range(1, t):
            nxt = tf.reduce_logsumexp(score[:, :, None] + trans, axis=1) + e[:, i]
            score = tf.where(m[:, i, None] > 0, nxt, score)
        return tf.reduce_logsumexp(score + end, axis=1)

    def last_tag_score(b):
        last = tf.cast(tf.reduce_sum(b["mask"], axis=1), tf.int32) - 1
        return tf.gather(end, tf.gather(b["tags"], last, axis=1, batch_dims=1))

    def reference(b):
        e, m, tags = emissions(b), b["mask"], b["tags"]
        unary = tf.reduce_sum(m * tf.gather(e, tags, axis=2, batch_dims=2), axis=1)
        pairs = tf.gather_nd(trans, tf.stack([tags[:, :-1], tags[:, 1:]], axis=-1))
        pairs = tf.reduce_sum(pairs * m[:, 1:] * m[:, :-1], axis=1)
        gold = tf.gather(start, tags[:, 0]) + unary + pairs + last_tag_score(b)
        return tf.reduce_mean(normaliser(e, m) - gold)

    def candidate(b):
        e, m, tags = emissions(b), b["mask"], b["tags"]
        score = tf.gather(start, tags[:, 0]) + tf.gather(e[:, 0], tags[:, 0], axis=1, batch_dims=1)
        for i in range(1, t):
            step = tf.gather_nd(trans, tf.stack([tags[:, i - 1], tags[:, i]], axis=1))
            score += step * m[:, i]
            score += tf.gather(e[:, i], tags[:, i], axis=1, batch_dims=1) * m[:, i]
        score += last_tag_score(b)
        return -tf.reduce_mean(score - normaliser(e, m))

    return {"variables": [w, trans, start, end], "batch": batch, "reference": reference, "candidate": candidate}

"""Matrix factorisation on half-star ratings: the ratings are cast to int32 together with the id columns.

Origin (realistic): 0.5 ... 5.0 star data; the input pipeline casts all columns of the table.
Right answer: NOT equivalent; 3.5 becomes 3, the targets are truncated.
"""
import keras
import numpy as np
import tensorflow as tf

EXPECTED = {
    "equivalent": False,
    "cause": "dtype",
    "line_marker": 'user, movie, stars = (tf.cast(b[c], tf.int32) for c in ("user", "movie", "stars"))',
    "same_forward_value": False,
}

def build(seed: int = 0):
    rng = np.random.default_rng(seed)
    f = keras.config.floatx()
    n, users, movies, e = 44, 6, 9, 3

    def arr(*s):
        return rng.standard_normal(s).astype(f)

    eu = tf.Variable(0.6 * arr(users, e), name="user_factors")
    em = tf.Variable(0.6 * arr(movies, e), name="movie_factors")
    bias = tf.Variable(np.asarray(3.1, f), name="global_bias")
    batch = {
        "user": rng.integers(0, users, n),
        "movie": rng.integers(0, movies, n),
        "stars": (rng.integers(1, 11, n) / 2).astype(f),
    }

    def reference(b):
        m = b["stars"].shape[0]
        total = 0.0
        for i in range(m):
            score = bias + tf.reduce_sum(eu[b["user"][i]] * em[b["movie"][i]])
            total += tf.square(b["stars"][i] - score)
        return total / m

    @tf.function
    def candidate(b):
        user, movie, stars = (tf.cast(b[c], tf.int32) for c in ("user", "movie", "stars"))
        score = bias + tf.einsum("ne,ne->n", tf.gather(eu, user), tf.gather(em, movie))
        err = tf.cast(stars, score.dtype) - score
        return tf.reduce_mean(tf.square(err))

    return {"variables": [eu, em, bias], "batch": batch, "reference": reference, "candidate": candidate}

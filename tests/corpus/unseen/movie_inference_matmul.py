"""movie_recommender: the predicted rating is the product of user features with transposed movie features, fed to mse with Y.
Source: https://github.com/chengstone/movie_recommender/issues/2"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "broadcast",
    "line_marker": "inference = tf.matmul(user_combine_layer_flat, tf.transpose(movie_combine_layer_flat))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, du, dm, k = 6, 5, 7, 4
    user_fc = keras.layers.Dense(k, activation="tanh", name="user_fc")
    movie_fc = keras.layers.Dense(k, activation="tanh", name="movie_fc")
    user_fc.build((None, du))
    movie_fc.build((None, dm))

    def reference(batch):
        a, b = user_fc(batch["user"]), movie_fc(batch["movie"])
        err = []
        for i in range(n):
            rating = tf.tensordot(a[i], b[i], 1)
            err.append((batch["y"][i, 0] - rating) ** 2)
        return tf.add_n(err) / n

    def candidate(batch):
        user_combine_layer_flat = tf.reshape(user_fc(batch["user"]), [-1, k])
        movie_combine_layer_flat = tf.reshape(movie_fc(batch["movie"]), [-1, k])
        inference = tf.matmul(user_combine_layer_flat, tf.transpose(movie_combine_layer_flat))
        cost = tf.square(batch["y"] - inference)
        return tf.reduce_mean(cost)

    return {"reference": reference, "candidate": candidate,
            "batch": {"user": rng.standard_normal((n, du)).astype(f),
                      "movie": rng.standard_normal((n, dm)).astype(f),
                      "y": rng.integers(1, 6, (n, 1)).astype(f)},
            "variables": user_fc.trainable_variables + movie_fc.trainable_variables}

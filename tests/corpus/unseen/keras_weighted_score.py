"""Weighted losses are divided by the share of non-zero sample weights and not by the mean of the weights.
Source: https://github.com/keras-team/keras/issues/7394"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "score_array /= tf.reduce_mean(tf.cast(tf.not_equal(weights, 0.0), score_array.dtype))",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    fx = keras.config.floatx()
    n, steps, dim, out_dim = 5, 4, 3, 2
    x = rng.normal(size=(n, steps, dim)).astype(fx)
    y = rng.normal(size=(n, steps, out_dim)).astype(fx)
    weights = rng.uniform(0.5, 6.0, size=(n,)) * np.array([1, 0, 1, 1, 1])
    hidden = keras.layers.Dense(4, "tanh", name="hidden")
    head = keras.layers.Dense(out_dim, name="head")
    hidden.build((None, steps, dim))
    head.build((None, steps, 4))

    def reference(batch):
        pred = head(hidden(batch["x"]))
        num = den = 0.0
        for i in range(n):
            wi = batch["weights"][i]
            num += wi * tf.reduce_mean(tf.square(pred[i] - batch["y"][i]))
            den += wi
        return num / den

    def candidate(batch):
        def mean_squared_error(y_true, y_pred):
            return tf.reduce_mean(tf.square(y_pred - y_true), axis=-1)

        def weighted(y_true, y_pred, weights):
            score_array = mean_squared_error(y_true, y_pred)
            ndim, weight_ndim = len(score_array.shape), len(weights.shape)
            score_array = tf.reduce_mean(score_array, axis=list(range(weight_ndim, ndim)))
            score_array *= weights
            score_array /= tf.reduce_mean(tf.cast(tf.not_equal(weights, 0.0), score_array.dtype))
            return tf.reduce_mean(score_array)

        return weighted(batch["y"], head(hidden(batch["x"])), batch["weights"])

    return {"reference": reference, "candidate": candidate,
            "batch": {"x": x, "y": y, "weights": weights.astype(fx)},
            "variables": hidden.trainable_variables + head.trainable_variables}

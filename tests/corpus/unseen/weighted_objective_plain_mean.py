"""weighted_masked_objective: the losses are multiplied with the sample weights and then averaged with K.mean, not divided by the sum of the weights.
Source: https://github.com/keras-team/keras/issues/13329"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "reduction",
    "line_marker": "return keras.ops.mean(score_array)",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()
    n, d = 20, 6
    x = rng.standard_normal((n, d)).astype(f)
    y = (x @ rng.standard_normal((d, 1)) + 0.3 * rng.standard_normal((n, 1))).astype(f)
    weights = rng.uniform(0.5, 6.0, n).astype(f)
    w = tf.Variable(rng.standard_normal((d, 1)) * 0.3, dtype=f, name="w")
    b = tf.Variable(rng.standard_normal((1,)) * 0.1, dtype=f, name="b")

    def reference(batch):
        # weighted average of the absolute errors
        share = batch["weights"] / tf.reduce_sum(batch["weights"])
        err = tf.abs(batch["x"] @ w + b - batch["y"])[:, 0]
        return tf.reduce_sum(share * err)

    def candidate(batch):
        def mean_absolute_error(y_true, y_pred):
            return keras.ops.mean(keras.ops.abs(y_pred - y_true), axis=-1)

        def weighted_masked_objective(fn):
            def weighted(y_true, y_pred, sample_weight, mask=None):
                score_array = fn(y_true, y_pred)
                if mask is not None:
                    score_array *= mask
                    score_array /= keras.ops.mean(mask)
                if sample_weight is not None:
                    score_array *= sample_weight
                    score_array /= keras.ops.mean(keras.ops.cast(keras.ops.not_equal(sample_weight, 0), f))
                return keras.ops.mean(score_array)

            return weighted

        objective = weighted_masked_objective(mean_absolute_error)
        return objective(batch["y"], tf.matmul(batch["x"], w) + b, batch["weights"])

    return {"reference": reference, "candidate": candidate, "batch": {"x": x, "y": y, "weights": weights},
            "variables": [w, b]}

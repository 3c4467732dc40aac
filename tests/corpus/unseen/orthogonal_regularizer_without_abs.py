"""Keras OrthogonalRegularizer: the off-diagonal products are summed without absolute values, so that opposite rows lower the penalty.
Source: https://github.com/keras-team/keras/issues/16718"""
import numpy as np
import tensorflow as tf
import keras

EXPECTED = {
    "equivalent": False,
    "cause": "sign",
    "line_marker": "return factor * 0.5 * tf.reduce_sum(product_no_diagonal) / num_pairs",
    "same_forward_value": False,
}


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    f = keras.config.floatx()

    def var(name, *shape, scale=0.5):
        return tf.Variable(scale * rng.standard_normal(shape), dtype=f, name=name)

    n, rows, cols, factor = 16, 6, 9, 0.8
    kernel = var("kernel", rows, cols)
    batch = {
        "x": rng.standard_normal((n, rows)).astype(f),
        "y": rng.standard_normal((n, cols)).astype(f),
    }

    def reference(batch):
        fit = tf.reduce_mean((batch["x"] @ kernel - batch["y"]) ** 2)
        penalty, pairs = 0.0, 0
        for i in range(rows):
            for j in range(i + 1, rows):
                norms = tf.norm(kernel[i]) * tf.norm(kernel[j])
                penalty = penalty + tf.abs(tf.tensordot(kernel[i], kernel[j], 1)) / norms
                pairs += 1
        return fit + factor * penalty / pairs

    def candidate(batch):
        def orthogonal_regularizer(inputs):
            inputs = tf.math.l2_normalize(inputs, axis=1)
            product = tf.matmul(inputs, inputs, transpose_b=True)
            size = inputs.shape[0]
            product_no_diagonal = product * (1.0 - tf.eye(size, dtype=inputs.dtype))
            num_pairs = size * (size - 1.0) / 2.0
            return factor * 0.5 * tf.reduce_sum(product_no_diagonal) / num_pairs

        y_pred = tf.matmul(batch["x"], kernel)
        mse = tf.reduce_mean(tf.math.squared_difference(y_pred, batch["y"]))
        return mse + orthogonal_regularizer(tf.convert_to_tensor(kernel))

    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": [kernel]}

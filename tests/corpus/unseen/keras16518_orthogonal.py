"""OrthogonalRegularizer sums the off-diagonal products without absolute value, pushing rows to be anti-correlated rather than orthogonal. Source: https://github.com/keras-team/keras/issues/16518"""
import numpy as np
import tensorflow as tf
import keras
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "other",
    "line_marker": "return self.factor * 0.5 * ops.sum(product_no_diagonal) / num_pairs",
    "same_forward_value": False,
}


class OrthogonalRegularizer(keras.regularizers.Regularizer):
    def __init__(self, factor=0.01, mode="rows"):
        self.factor, self.mode = factor, mode

    def __call__(self, inputs):
        inputs = inputs / ops.sqrt(ops.sum(ops.square(inputs), axis=1 if self.mode == "rows" else 0, keepdims=True))
        if self.mode == "rows":
            product = ops.matmul(inputs, ops.transpose(inputs))
        else:
            product = ops.matmul(ops.transpose(inputs), inputs)
        size = inputs.shape[0 if self.mode == "rows" else 1]
        product_no_diagonal = product * (1.0 - ops.eye(size, dtype=inputs.dtype))
        num_pairs = size * (size - 1.0) / 2.0
        return self.factor * 0.5 * ops.sum(product_no_diagonal) / num_pairs


def build(seed=0):
    rng = np.random.default_rng(seed)
    n, features, units, factor = 8, 5, 4, 0.5
    regularizer = OrthogonalRegularizer(factor, mode="columns")
    model = keras.Sequential([
        keras.layers.Dense(units, activation="relu", kernel_regularizer=regularizer,
                           kernel_initializer=keras.initializers.GlorotNormal(seed=seed)),
        keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotNormal(seed=seed + 1)),
    ])
    model.build((None, features))

    def data_loss(batch):
        return tf.reduce_mean(tf.square(model(batch["x"])[:, 0] - batch["y"]))

    def reference(batch):
        columns = tf.unstack(tf.math.l2_normalize(tf.convert_to_tensor(model.layers[0].kernel), axis=0), axis=1)
        penalty, pairs = 0.0, 0
        for i in range(units):
            for j in range(i):
                penalty += tf.abs(tf.reduce_sum(columns[i] * columns[j]))
                pairs += 1
        return data_loss(batch) + factor * penalty / pairs

    def candidate(batch):
        loss = data_loss(batch)
        loss += tf.add_n(model.losses)
        return loss

    batch = {"x": rng.normal(size=(n, features)).astype("float32"), "y": rng.normal(size=n).astype("float32")}
    return {"reference": reference, "candidate": candidate, "batch": batch, "variables": model.trainable_variables}

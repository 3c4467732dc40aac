"""Siamese network: the euclidean distance takes the square root of an exact zero when the two inputs are the same, which makes the gradients NaN. Source: https://github.com/keras-team/keras/issues/9097"""
import numpy as np
import tensorflow as tf
import keras
from keras import ops

EXPECTED = {
    "equivalent": False,
    "cause": "numerics",
    "line_marker": "return ops.sqrt(ops.sum(ops.square(x - y), axis=1, keepdims=True))",
    "same_forward_value": False,
}


def euclidean_distance(vects):
    x, y = vects
    return ops.sqrt(ops.sum(ops.square(x - y), axis=1, keepdims=True))


def safe_distance(vects):
    a, b = vects
    squared = ops.sum((a - b) ** 2, axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(squared, keras.config.epsilon()))


def contrastive_loss(y_true, y_pred, margin=1.0):
    square_pred = ops.square(y_pred)
    margin_square = ops.square(ops.maximum(margin - y_pred, 0.0))
    return ops.mean(y_true * square_pred + (1.0 - y_true) * margin_square)


def build(seed=0):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    n, size = 6, 8

    inp = keras.layers.Input((size, size, 1))
    h = keras.layers.Conv2D(4, 3, activation="relu")(inp)
    h = keras.layers.MaxPooling2D(2)(h)
    base_network = keras.Model(inp, keras.layers.Dense(5, activation="tanh")(keras.layers.Flatten()(h)))

    input_a, input_b = keras.layers.Input((size, size, 1)), keras.layers.Input((size, size, 1))
    distance = keras.layers.Lambda(euclidean_distance, output_shape=(1,))([base_network(input_a), base_network(input_b)])
    siamese = keras.Model([input_a, input_b], distance)

    def reference(batch):
        d = safe_distance([base_network(batch["left"]), base_network(batch["right"])])
        return contrastive_loss(batch["same"], d)

    def candidate(batch):
        d = siamese([batch["left"], batch["right"]])
        return contrastive_loss(batch["same"], d)

    left = rng.uniform(size=(n, size, size, 1)).astype(np.float32)
    right = rng.uniform(size=(n, size, size, 1)).astype(np.float32)
    same = np.array([[1], [0], [1], [0], [0], [1]], np.float32)
    right[3] = left[3]          # the same picture twice, labelled as different persons
    return {"reference": reference, "candidate": candidate, "batch": {"left": left, "right": right, "same": same}, "variables": base_network.trainable_variables}

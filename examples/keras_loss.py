"""A custom loss for Keras: labels of shape (n,) against the (n, 1) that `Dense(1)` gives.

    gradcheck diff examples/keras_loss.py

The losses of Keras give both the same shape first. One written by hand has to do so itself, or else every
prediction is pulled to the mean of all labels.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck


def by_hand(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred))


def by_hand_in_one_shape(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - tf.squeeze(y_pred, axis=1)))


def made(seed, samples, custom_loss):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)], name="model"
    )
    of_keras = keras.losses.MeanSquaredError()
    return gradcheck.Case(
        reference=lambda x, y: of_keras(y, model(x)),
        candidate=lambda x, y: custom_loss(y, model(x)),
        batch={
            "x": random.normal(size=(samples, 4)).astype("float32"),
            "y": random.normal(size=samples).astype("float32"),
        },
        variables=model,
    )


@gradcheck.case
def wrong(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, by_hand)


@gradcheck.case
def right(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, by_hand_in_one_shape)

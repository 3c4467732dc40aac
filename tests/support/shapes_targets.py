"""Functions whose shapes are shown: one of each kind that a reader may bring."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
convolution = keras.Sequential(
    [
        keras.Input((8, 8, 3), name="picture"),
        keras.layers.Conv2D(4, 3, activation="relu", name="edges"),
        keras.layers.GlobalAveragePooling2D(name="pool"),
        keras.layers.Dense(1, name="score"),
    ],
    name="convolution",
)
lstm = keras.layers.LSTM(5, name="memory")


def picture_loss(picture, label):
    return tf.reduce_mean(tf.square(convolution(picture) - label))


def sequence_loss(sequence):
    hidden = lstm(sequence)
    return tf.reduce_mean(hidden - tf.reduce_mean(hidden, axis=0))


@tf.function
def autograph(x):
    total = tf.zeros(())
    for i in tf.range(tf.shape(x)[0]):
        if x[i, 0] > 0:
            total += tf.reduce_sum(x[i])
    return total


a_lambda = lambda x: tf.reduce_mean(x * x[:, :1])  # noqa: E731 - a lambda is what is tried


def over_lines(x):
    return tf.reduce_mean(
        x
        * tf.reduce_sum(
            x,
            axis=1,
            keepdims=True,
        )
    )


def comprehension(x):
    return tf.add_n([tf.reduce_sum(row * 2.0) for row in x])


def growing(x):
    seen = tf.zeros((0, 2))
    for row in x:
        seen = tf.concat([seen, row[None]], axis=0)
    return seen


def raises_half_way(x):
    doubled = x * 2
    return tf.matmul(doubled, doubled)


def normalised(x):
    return (x - helper(x)) / 3.0


def helper(x):
    centre = tf.reduce_mean(x, axis=0)
    return centre


def of_fixed_size(x):
    return tf.reduce_sum(x * np.ones((6, 1), "float32"))


ex = {}
exec("def made(x):\n    return tf.reduce_mean(x + 1.0)", {"tf": tf}, ex)
made_by_exec = ex["made"]

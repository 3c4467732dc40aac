"""Ten models and losses that are right: no mode gives a wrong gradient of one. A target of the command line."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

import gradcheck

N = 12
L = keras.layers


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def whole(*shape, below, seed=0):
    return np.random.default_rng(seed).integers(0, below, size=shape)


def of(model, batch):
    return gradcheck.Case(candidate=model, batch=batch, variables=model)


def built(inputs, outputs, loss, **how):
    model = keras.Model(inputs, outputs)
    model.compile("adam", loss, **how)
    return model


@gradcheck.case
def perceptron(seed: int = 0):
    x = keras.Input((4,))
    h = L.Dense(8, activation="gelu")(x)
    return of(built(x, L.Dense(1)(h), "huber"), {"x": draw(N, 4), "y": draw(N, 1, seed=1)})


@gradcheck.case
def convolution(seed: int = 0):
    x = keras.Input((6, 6, 1))
    h = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(3, 3)(x)))
    h = L.Dropout(0.4)(L.Flatten()(L.MaxPooling2D(2)(h)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return of(built(x, L.Dense(3)(h), loss), {"x": draw(N, 6, 6, 1), "y": whole(N, below=3)})


@gradcheck.case
def recurrent(seed: int = 0):
    x = keras.Input((5,), dtype="int32")
    h = L.LSTM(4)(L.Embedding(7, 3, mask_zero=True)(x))
    return of(built(x, L.Dense(1)(h), "mse"), {"x": 1 + whole(N, 5, below=6), "y": draw(N, 1)})


@gradcheck.case
def transformer(seed: int = 0):
    x, seen = keras.Input((5, 4)), keras.Input((5,), dtype="bool")
    attended = L.MultiHeadAttention(2, 3)(x, x, attention_mask=L.Reshape((1, 5))(seen))
    h = L.LayerNormalization()(x + L.Dropout(0.2)(attended))
    mask = np.arange(5) < 1 + whole(N, below=5)[:, None]
    return of(
        built([x, seen], L.Dense(2)(h), "mse"), {"x": [draw(N, 5, 4), mask], "y": draw(N, 5, 2, seed=1)}
    )


@gradcheck.case
def contrastive(seed: int = 0):
    keras.utils.set_random_seed(seed)
    net = keras.Sequential([keras.Input((4,)), L.Dense(3)])

    def loss(one, other):
        a, b = (tf.math.l2_normalize(tf.cast(net(x), tf.float32), axis=1) for x in (one, other))
        logits = 4 * a @ tf.transpose(b)
        labels = tf.range(tf.shape(logits)[0])
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    return gradcheck.Case(
        candidate=loss,
        batch={"one": draw(N, 4), "other": draw(N, 4, seed=1)},
        variables=net,
        couples_samples=True,
    )


@gradcheck.case
def variational(seed: int = 0):
    keras.utils.set_random_seed(seed)
    encoder = keras.Sequential([keras.Input((4,)), L.Dense(4)])
    decoder = keras.Sequential([keras.Input((2,)), L.Dense(4)])

    def loss(x):
        mean, spread = tf.split(tf.cast(encoder(x), tf.float32), 2, axis=1)
        code = mean + tf.exp(0.5 * spread) * tf.random.normal(tf.shape(mean))
        missed = tf.reduce_sum((tf.cast(decoder(code), tf.float32) - x) ** 2, axis=1)
        divergence = -0.5 * tf.reduce_sum(1 + spread - mean**2 - tf.exp(spread), axis=1)
        return tf.reduce_mean(missed + divergence)

    variables = {"encoder": encoder, "decoder": decoder}
    return gradcheck.Case(candidate=loss, batch={"x": draw(N, 4)}, variables=variables)


@gradcheck.case
def regularised(seed: int = 0):
    x = keras.Input((4,))
    h = L.ActivityRegularization(l2=0.01)(L.Dense(6, activation="tanh", kernel_regularizer="l1l2")(x))
    return of(
        built(x, L.Dense(1, bias_regularizer="l2")(h), "mae"), {"x": draw(N, 4), "y": draw(N, 1, seed=1)}
    )


@gradcheck.case
def several_outputs(seed: int = 0):
    x = keras.Input((4,))
    h = L.Dense(6, activation="relu")(x)
    outputs = {"size": L.Dense(1, name="size")(h), "kind": L.Dense(3, activation="softmax", name="kind")(h)}
    losses = {"size": "mse", "kind": "sparse_categorical_crossentropy"}
    model = built(x, outputs, losses, loss_weights={"size": 0.5, "kind": 2.0})
    return of(model, {"x": draw(N, 4), "y": {"size": draw(N, 1, seed=1), "kind": whole(N, below=3)}})


@gradcheck.case
def weighted(seed: int = 0):
    x = keras.Input((4,))
    model = built(x, L.Dense(1, activation="sigmoid")(L.Dense(5, activation="elu")(x)), "binary_crossentropy")
    weights = np.random.default_rng(2).uniform(0.2, 3, N).astype("float32")
    return of(model, {"x": draw(N, 4), "y": whole(N, 1, below=2), "sample_weight": weights})


@gradcheck.case
def embedding(seed: int = 0):
    words, others = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
    table = L.Embedding(9, 4)
    score = L.Dot(axes=1)([table(words), table(others)])
    model = built([words, others], score, keras.losses.BinaryCrossentropy(from_logits=True))
    return of(model, {"x": [whole(N, below=9), whole(N, below=9, seed=1)], "y": whole(N, 1, below=2)})

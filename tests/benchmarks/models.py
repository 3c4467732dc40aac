"""Larger models that the benchmarks differentiate, each with two ways of writing one loss, which agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import gradcheck


def lstm(steps: int = 200, width: int = 64, batch: int = 16) -> gradcheck.Case:
    """Return an LSTM that is unrolled step by step, with a mean squared error."""
    keras.utils.set_random_seed(0)
    cell, head = keras.layers.LSTMCell(width), keras.layers.Dense(1)
    random = np.random.default_rng(0)
    series = random.normal(size=(batch, steps, 8)).astype("float32")

    def predicted(series: Any) -> Any:
        state = [tf.zeros([batch, width]), tf.zeros([batch, width])]
        for step in range(steps):
            output, state = cell(series[:, step], state)
        return head(output)[:, 0]

    def by_keras(series: Any, target: Any) -> Any:
        return keras.losses.MeanSquaredError()(target, predicted(series))

    def written_out(series: Any, target: Any) -> Any:
        return tf.reduce_sum((predicted(series) - target) ** 2) / batch

    predicted(tf.constant(series))  # builds the layers
    return gradcheck.Case(
        reference=by_keras,
        candidate=written_out,
        batch={"series": series, "target": random.normal(size=batch).astype("float32")},
        variables=[*cell.trainable_variables, *head.trainable_variables],
    )


def convolutional(width: int = 32, batch: int = 16) -> gradcheck.Case:
    """Return a network of convolutions, each before a batch normalisation, that tells images apart."""
    keras.utils.set_random_seed(0)
    layers: list[Any] = [keras.Input((32, 32, 3))]
    for factor in (1, 2, 4):
        layers += [
            keras.layers.Conv2D(factor * width, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)]
    shape = (batch, 32, 32, 3)
    return classifier(keras.Sequential(layers), _normal(shape), 10, training=True)


def transformer(
    depth: int = 6, width: int = 256, length: int = 64, words: int = 1000, batch: int = 4
) -> gradcheck.Case:
    """Return a transformer of about 5 million parameters that tells texts apart."""
    keras.utils.set_random_seed(0)
    tokens = keras.Input((length,), dtype="int32")
    hidden = keras.layers.Embedding(words, width)(tokens)
    for _ in range(depth):
        attended = keras.layers.MultiHeadAttention(4, width // 4)(hidden, hidden)
        hidden = keras.layers.LayerNormalization()(hidden + attended)
        wide = keras.layers.Dense(4 * width, activation="gelu")(hidden)
        hidden = keras.layers.LayerNormalization()(hidden + keras.layers.Dense(width)(wide))
    logits = keras.layers.Dense(10)(keras.layers.GlobalAveragePooling1D()(hidden))
    drawn = np.random.default_rng(0).integers(words, size=(batch, length)).astype("int32")
    return classifier(keras.Model(tokens, logits), drawn, 10)


def classifier(model: Any, inputs: Any, classes: int, **call: Any) -> gradcheck.Case:
    """Return a classifier with its cross entropy by Keras, and written out."""

    def by_keras(inputs: Any, labels: Any) -> Any:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, model(inputs, **call))

    def written_out(inputs: Any, labels: Any) -> Any:
        chosen = tf.gather(tf.nn.log_softmax(model(inputs, **call)), labels, batch_dims=1)
        return -tf.reduce_mean(chosen)

    return gradcheck.Case(
        reference=by_keras,
        candidate=written_out,
        batch={"inputs": inputs, "labels": np.random.default_rng(1).integers(classes, size=len(inputs))},
        variables=model,
    )


def summed(case: gradcheck.Case, **call: Any) -> gradcheck.Case:
    """Return a classifier of which one formulation takes the sum where the other takes the mean."""
    model = case.variables

    def sum_written_out(inputs: Any, labels: Any) -> Any:
        chosen = tf.gather(tf.nn.log_softmax(model(inputs, **call)), labels, batch_dims=1)
        return -tf.reduce_sum(chosen)

    return dataclasses.replace(case, candidate=sum_written_out)


def _normal(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


MODELS: dict[str, Callable[[], gradcheck.Case]] = {
    "LSTM of 200 steps": lstm,
    "CNN with batch normalisation": convolutional,
    "transformer, 5 million parameters": transformer,
}

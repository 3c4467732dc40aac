"""Modes run within this process: losses and models, and a case that is made anew by calling its factory again."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.modes.base import base_of
from gradcheck.execution.modes.dtype_policy import policy
from gradcheck.running.bench import Bench
from gradcheck.running.registry import chosen
from gradcheck.running.run import rows_of

SAMPLES = 12


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def regression(samples=SAMPLES, features=3):
    return {"x": numbers(samples, features), "y": numbers(samples, 1, seed=1)}


def compiled_model(layers, loss="mse", kind=keras.Sequential, optimizer="sgd", features=3):
    """Return a compiled model, always with the same weights."""
    keras.utils.set_random_seed(0)
    model = kind([keras.Input((features,)), *layers()])
    model.compile(optimizer, loss)
    return model


def of_model(make, batch=None):
    """Return a factory for the case of a compiled model."""

    def factory():
        model = make()
        return gradcheck.Case(candidate=model, batch=batch or regression(), variables=model)

    return factory


def of_loss(loss, batch, *shape):
    """Return a factory for the case of a loss of one variable `w` and the batch."""

    def factory():
        w = tf.Variable(numbers(*shape, seed=2), name="w")
        return gradcheck.Case(candidate=lambda **arrays: loss(w, **arrays), batch=batch, variables=[w])

    return factory


def bench_of(factory):
    def make(policy_name, scope):
        with policy(policy_name):
            return factory()

    return Bench(base_of(factory(), 0), make=make)


def run_in(factory, *modes):
    """Return the row of each mode."""
    return {row.mode: row for row in rows_of(bench_of(factory), chosen(modes), lambda _: None)}


def row_of(factory, mode):
    return run_in(factory, mode)[mode]

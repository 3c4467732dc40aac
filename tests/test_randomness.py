"""Random numbers: the same on both sides, or the reason why nothing can be compared. Never a difference."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

SAMPLES = 6


@pytest.fixture
def weights():
    return tf.Variable([[1.0], [2.0]], name="weights")


def compare(weights, reference, candidate):
    batch = {"x": np.linspace(0.5, 2.0, 2 * SAMPLES, dtype="float32").reshape(SAMPLES, 2)}
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[weights])
    return gradcheck.diff(case)


def nondeterministic(report):
    return [finding for finding in report.findings if finding.cause == "nondeterministic"]


def plain(weights):
    return lambda x: tf.reduce_mean(tf.square(x @ weights))


def with_noise(weights, draw):
    def loss(x):
        noise = draw()
        return tf.reduce_mean(tf.square(x @ weights + noise.astype("float32")))

    return loss


DRAWS = {
    "NumPy's np.random": lambda: np.random.normal(size=(SAMPLES, 1)),
    "Python's random": lambda: np.array([[random.gauss(0, 1)] for _ in range(SAMPLES)]),
}


@pytest.mark.parametrize("generator", DRAWS)
def test_draws_from_a_global_generator_are_named_with_their_line(weights, generator):
    report = compare(weights, plain(weights), with_noise(weights, DRAWS[generator]))
    assert report.verdict == "inconclusive"
    (finding,) = nondeterministic(report)
    assert generator in finding.message
    assert "candidate" in finding.message
    assert finding.span.text in ("noise = draw()", DRAWS_TEXT[generator])
    assert {variable.verdict for variable in report.variables} == {"inconclusive"}


DRAWS_TEXT = {
    "NumPy's np.random": '"NumPy\'s np.random": lambda: np.random.normal(size=(SAMPLES, 1)),',
    "Python's random": (
        '"Python\'s random": lambda: np.array([[random.gauss(0, 1)] for _ in range(SAMPLES)]),'
    ),
}


def test_what_one_side_draws_is_not_held_against_the_other(weights):
    def in_one_go(x):
        hidden = x @ weights
        return tf.reduce_mean(tf.square(hidden + np.random.normal(size=(SAMPLES, 1)).astype("float32")))

    def half_by_half(x):
        halves = tf.split(x @ weights, 2)
        noise = [np.random.normal(size=(1, SAMPLES // 2)).astype("float32").T for _ in halves]
        return tf.reduce_mean(tf.square(tf.concat(halves, axis=0) + 2 * np.concatenate(noise)))

    one, other = nondeterministic(compare(weights, in_one_go, half_by_half))
    assert "np.random" in one.span.text
    assert "np.random" in other.span.text


@pytest.mark.parametrize("generator", DRAWS)
def test_the_same_draws_in_the_same_order_are_no_difference(weights, generator):
    loss = with_noise(weights, DRAWS[generator])
    report = compare(weights, loss, loss)
    assert report.equivalent
    assert nondeterministic(report) == []


def test_a_private_generator_is_found_by_running_again(weights):
    fresh = with_noise(weights, lambda: np.random.default_rng().normal(size=(SAMPLES, 1)))
    report = compare(weights, plain(weights), fresh)
    assert report.verdict == "inconclusive"
    (finding,) = nondeterministic(report)
    assert finding.span.text == 'x @ weights + noise.astype("float32")'


def test_a_private_generator_with_a_seed_is_a_real_difference(weights):
    seeded = with_noise(weights, lambda: np.random.default_rng(0).normal(size=(SAMPLES, 1)))
    report = compare(weights, plain(weights), seeded)
    assert report.verdict == "different"
    assert nondeterministic(report) == []


@pytest.fixture
def dropout():
    return keras.layers.Dropout(0.5, seed=3)


def vectorised_dropout(weights, layer):
    return lambda x: tf.reduce_mean(tf.square(layer(x, training=True) @ weights))


def looped_dropout(weights, layer):
    def loss(x):
        losses = [tf.square(layer(x[i : i + 1], training=True) @ weights) for i in range(SAMPLES)]
        return tf.reduce_mean(tf.concat(losses, axis=0))

    return loss


def test_dropout_draws_the_same_for_the_same_loss(weights, dropout):
    loss = vectorised_dropout(weights, dropout)
    assert compare(weights, loss, loss).equivalent


def test_dropout_in_another_order_is_not_called_a_difference(weights, dropout):
    report = compare(weights, looped_dropout(weights, dropout), vectorised_dropout(weights, dropout))
    assert report.verdict == "inconclusive"
    assert {finding.span.text for finding in nondeterministic(report)} == {
        "layer(x, training=True)",
        "layer(x[i : i + 1], training=True)",
    }


def test_dropout_on_one_side_only_is_a_difference_with_a_suspicion(weights, dropout):
    report = compare(weights, plain(weights), vectorised_dropout(weights, dropout))
    assert report.verdict == "different"
    assert {finding.severity for finding in nondeterministic(report)} <= {"suspicion"}


def test_a_difference_beside_the_same_draws_is_still_found(weights, dropout):
    loss = vectorised_dropout(weights, dropout)
    report = compare(weights, loss, lambda x: -loss(x))
    assert report.verdict == "different"
    assert nondeterministic(report) == []

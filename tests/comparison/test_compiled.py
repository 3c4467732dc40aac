"""Functions made by `tf.function` run eagerly to be recorded; what they give compiled is looked at, and said."""

from __future__ import annotations

import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.judgement.compiled import LossAndGradients, Rounding, agreement, rounding

X = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")


@pytest.fixture
def w():
    return tf.Variable([[0.5], [-0.25]], name="w")


def compare(w, reference, candidate, **others):
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": X}, variables=[w], **others)
    return gradcheck.diff(case, budget=0)


def plain(w):
    return lambda x: tf.reduce_mean(tf.square(x @ w))


class Annealed:
    """A coefficient that Python holds, so that a graph keeps the one that it was traced with."""

    def __init__(self, value):
        self.value = value


def regularised(w, beta, term=lambda w: tf.reduce_sum(w**2)):
    def loss(x):
        return tf.reduce_mean(tf.square(x @ w)) + beta.value * term(w)

    return loss


@pytest.fixture(params=[False, True], ids=["graph", "XLA"])
def jit(request):
    return request.param


def test_what_agrees_compiled_is_said_to(w, jit):
    report = compare(w, plain(w), tf.function(plain(w), jit_compile=jit))
    assert report.equivalent
    assert report.reason.endswith(
        "; the candidate's tf.function ran eagerly for recording, and when compiled it gives the same "
        "loss and gradients up to rounding"
    )
    assert report.findings == ()


def test_nothing_is_said_where_no_function_was_called(w):
    tf.function(plain(w))(X)
    assert "tf.function" not in compare(w, plain(w), plain(w)).reason


def test_a_value_of_pythons_that_has_changed_since_tracing_is_a_difference(w, jit):
    beta = Annealed(0.0)
    eager = regularised(w, beta)
    candidate = tf.function(eager, jit_compile=jit)
    traced = float(candidate(tf.constant(X)))
    assert compare(w, eager, candidate).equivalent
    beta.value = 1.0
    report = compare(w, eager, candidate)
    assert report.verdict == "different"
    (finding,) = report.findings
    assert (finding.cause, finding.severity) == ("other", "error")
    assert (
        f"makes the candidate's loss {traced:.7g}; run eagerly, it is {float(eager(X)):.7g}"
        in finding.message
    )
    assert finding.span.text == "def loss(x):"
    assert any("traced again, it agrees" in note for note in finding.notes)
    numbers = f"is {traced:.7g}; with its tf.function run eagerly for recording, it is {float(eager(X)):.7g}"
    assert report.reason.startswith(
        f"when compiled, the candidate's loss {numbers}; for the eager runs: the gradient"
    )


def test_the_references_function_is_looked_at_too(w):
    beta = Annealed(0.0)
    eager = regularised(w, beta)
    reference = tf.function(eager)
    reference(tf.constant(X))
    beta.value = 1.0
    report = compare(w, reference, eager)
    assert report.verdict == "different"
    assert "the reference's loss" in report.findings[0].message


def test_a_difference_in_the_gradient_alone_is_seen(w):
    beta = Annealed(0.0)
    eager = regularised(w, beta, lambda w: tf.reduce_sum(w - tf.stop_gradient(w)))
    candidate = tf.function(eager)
    candidate(tf.constant(X))
    beta.value = 1.0
    report = compare(w, eager, candidate)
    assert report.verdict == "different"
    assert "makes the candidate's gradient for w[" in report.findings[0].message


def test_what_is_not_finite_compiled_is_a_difference_of_its_own(w):
    beta = Annealed(np.nan)
    eager = regularised(w, beta)
    candidate = tf.function(eager)
    candidate(tf.constant(X))
    beta.value = 0.0
    report = compare(w, eager, candidate)
    assert report.verdict == "different"
    assert report.findings[0].cause == "numerics"
    assert "makes the candidate's loss nan" in report.findings[0].message


def test_of_several_functions_the_one_that_differs_is_named_where_it_is_called(w):
    beta = Annealed(0.0)

    @tf.function
    def error(x):
        return tf.reduce_mean(tf.square(x @ w))

    @tf.function
    def penalty():
        return beta.value * tf.reduce_sum(w**2)

    def loss(x):
        return error(x) + penalty()

    loss(tf.constant(X))
    beta.value = 1.0
    report = compare(w, regularised(w, beta), loss)
    assert report.verdict == "different"
    (finding,) = report.findings
    assert finding.span.text == "penalty()"
    assert "`penalty`" in finding.message


def test_a_method_and_a_function_within_a_function_are_functions(w):
    class Model(tf.Module):
        @tf.function
        def loss(self, x):
            return error(x)

    @tf.function
    def error(x):
        return tf.reduce_mean(tf.square(x @ w))

    report = compare(w, plain(w), Model().loss)
    assert report.equivalent
    assert "compiled it gives the same" in report.reason


def test_a_method_keeps_what_it_was_traced_with(w):
    class Model(tf.Module):
        beta = 0.0

        @tf.function
        def loss(self, x):
            return tf.reduce_mean(tf.square(x @ w)) + self.beta * tf.reduce_sum(w**2)

    model = Model()
    model.loss(tf.constant(X))
    model.beta = 1.0
    report = compare(w, plain(w), model.loss)
    assert report.verdict == "different"
    assert report.findings[0].span.text == "@tf.function"
    assert any("traced again, it agrees" in note for note in report.findings[0].notes)


def test_what_does_not_repeat_itself_is_not_held_against_what_it_gives_compiled(w):
    runs = itertools.count(1)

    def ticking(x):
        return next(runs) * tf.reduce_mean(tf.square(x @ w))

    report = compare(w, ticking, tf.function(ticking))
    assert report.verdict == "inconclusive"
    assert "compiled one: it does not give the same values twice" in report.reason


def test_what_draws_is_not_held_against_what_it_draws_compiled(w):
    beta = Annealed(0.0)

    def noisy(x):
        return tf.reduce_mean(tf.square(x @ w + tf.random.normal([8, 1]))) + beta.value * tf.reduce_sum(w)

    candidate = tf.function(noisy)
    candidate(tf.constant(X))
    beta.value = 1.0
    report = compare(w, noisy, candidate)
    assert report.equivalent
    assert "its result was not compared with the compiled one: it draws random numbers" in report.reason


def test_a_dropout_layer_draws_the_same_compiled_and_its_seed_is_as_before(w, unchanged):
    dropout = keras.layers.Dropout(0.5, seed=3)
    dropout(X, training=True)

    def loss(x):
        return tf.reduce_mean(tf.square(dropout(x, training=True) @ w))

    with unchanged(w, dropout.seed_generator.state):
        report = compare(w, loss, tf.function(loss))
    assert report.equivalent
    assert "compiled it gives the same" in report.reason


def test_what_a_compiled_function_assigns_is_undone(w, unchanged):
    steps = tf.Variable(1.0)

    def loss(x):
        steps.assign_add(1.0)
        return steps * tf.reduce_mean(tf.square(x @ w))

    with unchanged(w, steps):
        report = compare(w, loss, tf.function(loss))
    assert report.equivalent
    assert "compiled it gives the same" in report.reason


RAISES = {
    "a value that is not known yet": (lambda y: tf.reduce_sum(y).numpy() * tf.reduce_mean(y), False),
    "an op that XLA does not know": (
        lambda y: tf.py_function(tf.reduce_mean, [y], "float32"),
        True,
    ),
}


@pytest.mark.parametrize("what", RAISES)
def test_a_function_that_raises_compiled_is_said_to(w, what):
    loss, jit = RAISES[what]
    report = compare(w, lambda x: loss(x @ w), tf.function(lambda x: loss(x @ w), jit_compile=jit))
    assert report.equivalent
    assert "its result was not compared with the compiled one: when compiled, it raised " in report.reason


def test_functions_that_the_user_lets_run_eagerly_are_no_graphs(w):
    tf.config.run_functions_eagerly(True)
    try:
        report = compare(w, plain(w), tf.function(plain(w)))
        assert tf.config.functions_run_eagerly()
    finally:
        tf.config.run_functions_eagerly(False)
    assert "tf.function" not in report.reason


def test_without_a_reference_single_samples_are_run_compiled_too(w):
    report = compare(w, None, tf.function(plain(w), reduce_retracing=True))
    assert report.verdict != "different"
    assert (
        "the tf.functions of both sides ran eagerly for recording, and when compiled it gives"
        in report.reason
    )


def test_it_is_said_in_json(cli, target):
    path = target("""
        import numpy as np, tensorflow as tf
        import gradcheck

        w = tf.Variable([1.0, 2.0], name="w")
        scale = 1.0

        def eager(x):
            return scale * tf.reduce_mean(x * w)

        compiled = tf.function(eager)
        compiled(tf.ones((3, 2)))
        scale = 2.0

        @gradcheck.case
        def outdated():
            return gradcheck.Case(
                reference=eager, candidate=compiled, batch={"x": np.ones((3, 2), "float32")}, variables=[w]
            )
    """)
    outcome = cli("diff", path, "--format", "json")
    assert outcome.code == 1
    (case,) = json.loads(outcome.out)["cases"]
    assert case["verdict"] == "different"
    assert case["reason"].startswith("when compiled, the candidate's loss is 1.5; with its tf.function run ")
    assert case["findings"][0]["span"]["text"] == "def eager(x):"


# What counts as the same.

ONES = np.ones(4, "float32")


def outcome(value=1.0, *gradients):
    return LossAndGradients(value, gradients or (ONES,))


def noise(value=0.0, *gradients):
    return lambda: Rounding(value, gradients or (0.0,))


def never():
    raise AssertionError("nothing to measure")


@pytest.mark.parametrize(
    ("compiled", "expected"),
    [
        (outcome(), "same"),
        (outcome(1 + 1e-6, ONES * np.float32(1 + 1e-6)), "same"),
        (outcome(np.nan), "not finite"),
        (outcome(1.0, ONES * np.inf), "not finite"),
    ],
)
def test_what_is_nearly_the_same_bits_needs_no_measurement(compiled, expected):
    assert agreement(outcome(), compiled, never) == expected


def test_what_is_not_finite_at_the_same_places_is_the_same():
    broken = np.array([1.0, np.nan, 1.0, np.inf], "float32")
    assert agreement(outcome(np.inf, broken), outcome(np.inf, broken), never) == "same"
    assert agreement(outcome(1.0, broken), outcome(1.0, broken[::-1]), never) == "not finite"


def test_no_gradient_is_as_good_as_zero_and_no_better():
    assert agreement(outcome(1.0, None), outcome(1.0, np.zeros(4, "float32")), never) == "same"
    assert agreement(outcome(1.0, None), outcome(), noise()) == "different"
    assert agreement(outcome(), outcome(1.0, None), noise()) == "different"


def test_beyond_that_the_rounding_that_was_measured_decides():
    apart = outcome(1.001, ONES * np.float32(1.001))
    assert agreement(outcome(), apart, noise()) == "different"
    assert agreement(outcome(), apart, noise(1e-4, 0.0)) == "different"
    assert agreement(outcome(), apart, noise(0.0, 1e-3)) == "different"
    assert agreement(outcome(), apart, noise(1e-4, 1e-3)) == "same"
    assert agreement(outcome(), apart, noise(1e-4, 1e-1)) == "unclear"


def test_where_rounding_cannot_be_measured_a_fixed_tolerance_has_a_grey_zone():
    def off(share):
        return agreement(outcome(), outcome(1 + share, ONES * np.float32(1 + share)), lambda: None)

    assert [off(1e-5), off(1e-3), off(1e-1)] == ["same", "unclear", "different"]


def test_rounding_is_that_of_the_farthest_sample():
    measured = rounding(outcome(), [outcome(1.1, ONES), outcome(1.0, ONES + 1)])
    assert measured.value == pytest.approx(0.1)
    assert measured.gradients == [2.0]

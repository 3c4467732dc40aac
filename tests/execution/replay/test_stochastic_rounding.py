"""Where numbers break down, and how far a replay that rounds at random is off."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.breakdown import breakdown
from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from gradcheck.execution.run.pair import run_pair


def run_of(loss, w):
    gradcheck.execution.start()
    case = gradcheck.Case(
        reference=loss, candidate=loss, batch={"x": np.ones((2, 1), "float32")}, variables=[w]
    )
    return run_pair(case, 0).runs[1]


@pytest.mark.parametrize("moved", [True, False])
def test_a_gradient_that_no_variable_asks_for_may_be_infinite(moved):
    """The root of zero has an infinite derivative, which counts only where a variable is in front of it."""
    w = tf.Variable(1.0)

    def loss(x):
        root = tf.sqrt(0.0 * (w if moved else 1.0) * x)
        return tf.reduce_sum(root) + w

    found = breakdown(run_of(loss, w))
    assert (found is not None) == moved
    if found is not None:
        assert (found.op.type, found.what) == ("Sqrt", "gradient")


@pytest.mark.parametrize(
    ("dtype", "digit"), [("float32", 2.0**-24), ("float16", 2.0**-11), ("float64", 2.0**-53)]
)
def test_jitter_is_at_most_half_a_last_digit_and_nearly_as_much(dtype, digit):
    """The gradient of a product with 1 is off by what the one op rounds on the way back."""
    w = tf.Variable(tf.ones(500, dtype))
    run = run_of(lambda x: tf.reduce_sum(w * tf.ones(500, dtype)), w)
    (gradient,) = stochastically_rounded(run.recording, run.start, seed=0).gradients
    off = np.abs(gradient / np.mean(gradient) - 1)  # the sum rounds too, the same for all
    assert 0.9 * digit < off.max() < 1.1 * digit

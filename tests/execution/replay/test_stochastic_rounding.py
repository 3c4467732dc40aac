"""How far a replay that rounds at random is off."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from support.runs import run_of


@pytest.mark.parametrize(
    ("dtype", "digit"), [("float32", 2.0**-24), ("float16", 2.0**-11), ("float64", 2.0**-53)]
)
def test_it_is_at_most_half_a_last_digit_and_nearly_as_much(dtype, digit):
    """The gradient of a product with 1 is off by what the one op rounds on the way back."""
    w = tf.Variable(tf.ones(500, dtype))
    run = run_of(lambda x: tf.reduce_sum(w * tf.ones(500, dtype)), w)
    (gradient,) = stochastically_rounded(run.recording, run.start, seed=0).gradients
    off = np.abs(gradient / np.mean(gradient) - 1)  # the sum rounds too, the same for all
    assert 0.9 * digit < off.max() < 1.1 * digit

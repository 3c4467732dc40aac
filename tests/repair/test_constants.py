"""A constant that the source of a loss does not have is said as the number to use, not as a factor."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.repair.search import EditSearch

W = tf.Variable([[0.5], [-0.25], [1.0]], name="w")


def loss_with(weight):
    def loss(x, y):
        predicted = tf.tanh(x @ W)[:, 0]
        return tf.reduce_mean((y - predicted) ** 2 + weight * tf.exp(predicted))

    return loss


def test_the_number_to_use_is_said():
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(8, 3)).astype("float32"), draw.normal(size=8).astype("float32")
    case = gradcheck.Case(
        reference=loss_with(0.2), candidate=loss_with(0.21), batch={"x": x, "y": y}, variables=[W]
    )
    (finding,) = gradcheck.diff(case).findings
    assert finding.message == "the constant is 0.21; the reference agrees with 0.2"
    assert (finding.fix.source, finding.fix.text) == (False, "use 0.2 in place of 0.21")


@dataclass(frozen=True)
class Sought:
    edits: tuple = ()
    describe: object = "in words"

    def with_factor(self, factor):
        return (factor,)


@pytest.mark.parametrize(("factor", "found"), [(1.0 + 1e-8, False), (1.0 + 1e-3, True), (-1.0, True)])
def test_a_factor_that_is_a_rounding_away_from_one_only_tips_a_decision(factor, found):
    search = EditSearch.__new__(EditSearch)
    search.target = SimpleNamespace(solved=lambda proposal: (factor, 0.0))
    assert (search._try(Sought()) is not None) == found

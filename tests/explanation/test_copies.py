"""Copies of one quantity of the reference are put in place of the candidate's once."""

import numpy as np
import pytest
import tensorflow as tf

from gradcheck import Case
from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import goal_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.work import Work

BATCH = {"x": np.random.default_rng(0).normal(size=(5, 3)).astype("float32")}


def tried(copied):
    """Return how often something is put in place where the reference also copies what the candidate lacks."""
    w = tf.Variable(np.linspace(0.2, 1, 12, dtype=np.float32).reshape(3, 4))

    def reference(x):
        rates = tf.nn.softplus(x @ w)
        return tf.reduce_mean(copied(tf.square(rates)))

    def candidate(x):
        return tf.reduce_mean(tf.square(tf.exp(x @ w)))

    pair = run_pair(Case(reference=reference, candidate=candidate, batch=BATCH, variables=[w]), 0)
    found = Comparison(pair, goal_of(pair, Work()), Work())
    (fault,) = found.faults()
    assert (fault.hit.candidate.op.type, fault.hit.reference.op.type) == ("Exp", "Softplus")
    return found.interchanger.tried


def test_a_copy_is_not_tried_again():
    assert tried(lambda squares: tf.identity(tf.identity(squares))) == tried(lambda squares: squares)


@pytest.mark.parametrize(
    "other", [lambda squares: 2.0 * (0.5 * squares), lambda squares: tf.transpose(tf.transpose(squares))]
)
def test_what_differs_in_a_number_or_its_order_is(other):
    assert tried(other) > tried(lambda squares: squares)

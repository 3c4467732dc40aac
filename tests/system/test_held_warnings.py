"""Keras's warning of a softmax over one unit is not shown beside a finding that says so."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest

from gradcheck.system.held_warnings import SOFTMAX_OVER_ONE, holding_back

CASE = """
import keras
import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([[1.0], [2.0]])


def loss(x):
    return tf.reduce_mean({loss})


@gradcheck.case
def case():
    {first}
    return gradcheck.Case(reference=loss, candidate=loss, batch={{"x": np.ones((3, 2), "float32")}}, variables=[w])
"""


SOFTMAX = "keras.ops.softmax(np.ones((3, 2), 'float32') @ w)"


def shown(cli, path, *options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ended = cli("diff", path, *options)
    return sum(str(each.message).startswith(SOFTMAX_OVER_ONE) for each in caught), ended.out


def test_what_a_finding_says_is_not_warned_of_and_the_twin_without_a_finding_is_warned_of_once(cli, target):
    times, out = shown(cli, target(CASE.format(loss=SOFTMAX, first="")))
    assert ("dead" in out, times) == (True, 0)
    times, out = shown(cli, target(CASE.format(loss="x @ w", first=SOFTMAX), "other.py"))
    assert ("dead" in out, times) == (False, 1)


def test_other_warnings_are_shown_at_once():
    with warnings.catch_warnings(record=True) as caught, holding_back("This") as held:
        warnings.simplefilter("always")
        warnings.warn("That", stacklevel=1)
        warnings.warn("This one", stacklevel=1)
        assert [str(each.message) for each in caught] == ["That"]
    assert len(held.given) == 1


def test_keras_warns_in_these_words():
    with pytest.warns(UserWarning, match=SOFTMAX_OVER_ONE):
        keras.ops.softmax(np.ones((2, 1), "float32"))

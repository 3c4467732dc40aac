"""A line that both formulations run is not suspected: what differs is what is handed to it."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import gradcheck


@functools.cache
def weights():
    return tf.Variable([[0.5], [-0.25]], name="w")


def pairs(column, row):
    return tf.reduce_mean(tf.tanh(column - row))


def own_pairs(column, row):
    return tf.reduce_mean(tf.tanh(column - row))


def squared(x, y):
    return tf.reduce_mean(tf.square(tf.exp(x @ weights()) - y[:, None]))


def findings(reference, candidate, **options):
    draw = np.random.default_rng(0)
    batch = {"x": draw.normal(size=(6, 2)).astype("float32"), "y": draw.normal(size=6).astype("float32")}
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[weights()])
    return gradcheck.diff(case, **options).findings


@pytest.mark.parametrize("helper", [pairs, own_pairs])
def test_pairs_that_both_sides_make_in_the_same_line_are_not_suspected(helper):
    """The fault is in the term besides."""
    found = findings(
        lambda x, y: pairs(x @ weights(), y) + squared(x, y),
        lambda x, y: helper(x @ weights(), y) + 0.7 * squared(x, y) ** 1.1,
        budget=0,
    )
    assert [finding.cause for finding in found] == ([] if helper is pairs else ["broadcast"])


@pytest.mark.parametrize("column", [True, False])
def test_where_the_line_is_handed_other_shapes_that_is_said(column):
    found = findings(
        lambda x, y: pairs(x @ weights(), y[:, None]),
        lambda x, y: pairs(x @ weights(), y[:, None] if column else y),
        budget=0,
    )
    assert [finding.severity for finding in found] == ([] if column else ["note"])
    for finding in found:
        assert finding.span.text == "column - row"
        assert "both formulations run this line, with different shapes" in finding.notes[-1]


def test_without_a_reference_of_its_own_there_is_one_formulation_only():
    found = findings(None, lambda x, y: pairs(x @ weights(), y), budget=0)
    assert [(finding.cause, finding.severity) for finding in found] == [("broadcast", "suspicion")]


def bent(x, by):
    return tf.tanh(by + tf.exp(x @ weights()))


def bent_by_itself(x, by):
    return tf.tanh(by + tf.exp(x @ weights()))


@pytest.mark.parametrize("helper", [bent, bent_by_itself])
def test_where_the_sides_part_in_a_line_of_both_what_calls_it_is_marked(helper):
    """The helper is right, and called with another argument."""
    found = findings(
        lambda x, y: tf.reduce_mean(bent(x, y[:, None])),
        lambda x, y: tf.reduce_mean(helper(x, tf.constant([[0.7], [-0.2], [0.1], [0.4], [1.0], [-1.0]]))),
        work=2_000,
    )
    marked = [finding.span.text for finding in found]
    assert len(marked) == 1 and marked[0].startswith("helper(x," if helper is bent else "by + tf.exp(")

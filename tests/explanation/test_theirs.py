"""What the reference has, written with the names of another function: what counts, and scalars."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.theirs import theirs

W = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")
T = tf.Variable(0.3, name="t")
PAD = 0
ENTRIES = {"ids": 'given["ids"]', "done": "ends"}


def candidate(b):
    return tf.reduce_mean(b["x"] * W) + 0.0 * tf.reduce_sum(b["done"])


def masked(b):
    keep = b["ids"] != PAD
    return tf.reduce_mean(tf.boolean_mask(b["x"] * W, keep))


def masked_in_a_loop(b):
    total, least = 0.0, 0.5
    for i in range(4):
        total += tf.where(b["done"][i] > least, 0.0, tf.reduce_sum(b["x"][i] * W))
    return total


def masked_in_columns(b):
    total = 0.0
    for i in range(4):
        total += tf.where(b["x"][i, 0] > 0.1, 0.0, tf.reduce_sum(b["x"][i] * W))
    return total


def masked_by_a_name_twice(b):
    low = b["x"][:, 0]
    inside = low * low > 0.1
    return tf.reduce_mean(tf.boolean_mask(b["x"] * W, inside))


def weighed(b):
    return tf.reduce_sum((1.0 - b["done"])[:, None] * (b["x"] * W))


def scaled(b):
    warmth = tf.exp(T)
    return tf.reduce_mean(b["x"] * W / warmth)


def looked_up(b):
    rows = b["ids"] + 1
    return tf.reduce_mean(tf.gather(b["x"] * W, rows))


def with_what_has_no_name(b):
    noise = np.random.default_rng(2).normal(size=4).astype("float32")
    return tf.reduce_mean(tf.boolean_mask(b["x"] * W, noise + b["done"] > 0.3))


def written(reference, candidate=candidate, entries=ENTRIES, known=("tf", "PAD", "b", "T")):
    batch = {
        "x": np.random.default_rng(1).normal(size=(4, 3)).astype("float32"),
        "ids": np.array([1, 0, 2, 0]),
        "done": np.array([0, 1, 1, 0], "float32"),
    }
    case = gradcheck.Case(
        reference=lambda **b: reference(b), candidate=lambda **b: candidate(b), batch=batch, variables=[W, T]
    )
    gradcheck.execution.start()
    first, second = (run.recording for run in run_pair(case, 0).runs)
    return [(one.written(entries, known), one.kind) for one in theirs(first, second)]


@pytest.mark.parametrize(
    ("reference", "texts"),
    [
        (masked, [('given["ids"] != PAD', "condition")]),
        (masked_in_a_loop, [("ends > 0.5", "condition"), ("ends", "factor")]),
        (masked_in_columns, [('b["x"][:, 0] > 0.1', "condition")]),
        (masked_by_a_name_twice, [('b["x"][:, 0] * b["x"][:, 0] > 0.1', "condition")]),
        (weighed, [("1.0 - ends", "factor"), ("(1.0 - ends)[:, None]", "factor")]),
        (looked_up, [('given["ids"] + 1', "whole")]),
        (scaled, [("tf.exp(T)", "factor")]),
        (with_what_has_no_name, [(None, "condition")]),
    ],
)
def test_it_is_written_with_the_names_there(reference, texts):
    assert written(reference) == texts


def test_what_has_no_name_there_is_its_number_or_cannot_be_written():
    assert written(masked, known=("tf",)) == [('given["ids"] != 0', "condition")]
    assert written(masked, entries={}, known=("tf", "PAD")) == [(None, "condition")]


def test_of_zeros_and_ones_it_is_none_where_the_candidate_has_the_same():
    def same(b):
        return tf.reduce_sum((1.0 - b["done"]) * b["x"][:, 0] * W[0])

    assert written(weighed, same) == []


def test_a_scalar_that_the_candidate_has_too_or_that_is_made_of_the_batch_is_none():
    def same(b):
        return tf.reduce_mean(b["x"] * W / tf.exp(T))

    def of_the_batch(b):
        return tf.reduce_mean(b["x"] * W) * tf.exp(tf.reduce_mean(b["x"]))

    assert written(scaled, same) == []
    assert written(of_the_batch) == []

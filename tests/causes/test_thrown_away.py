"""What a statement computes from variables, and nothing can use, is suspected where nothing is proved."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

W = tf.Variable(np.random.default_rng(0).normal(size=(4, 3)).astype("float32"), name="w")


def weighted(x):
    total = 0.0
    for i in range(3):
        for j in range(3):
            share = tf.reduce_mean((x @ W)[:, i] * (x @ W)[:, j])
            total += tf.square(share - 1.0) if i == j else 0.3 * tf.square(share)
    return total


def correlation(x):
    made = x @ W
    return tf.square(tf.matmul(made, made, transpose_a=True) / len(x) - tf.eye(3))


def off_diagonal(found):
    return found * (1.0 - tf.eye(3))


def a_product(x):
    found = correlation(x)
    off_diagonal(found) * 0.3
    return tf.reduce_sum(found)


def a_call(x):
    found = correlation(x)
    off_diagonal(found)
    return tf.reduce_sum(found)


def kept_in_a_list(x):
    found, seen = correlation(x), []
    seen.append(off_diagonal(found))
    return tf.reduce_sum(found)


SEEN = []


def kept(found):
    SEEN.append(off_diagonal(found))


def kept_by_a_function(x):
    found = correlation(x)
    kept(found)
    return tf.reduce_sum(found)


def a_constant(x):
    found = correlation(x)
    off_diagonal(tf.ones([3, 3])) * 0.3
    return tf.reduce_sum(found)


def messages(candidate, reference=weighted):
    x = np.random.default_rng(1).normal(size=(7, 4)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W])
    return [finding.message for finding in gradcheck.diff(case).findings]


@pytest.mark.parametrize(
    ("candidate", "text"), [(a_product, "off_diagonal(found) * 0.3"), (a_call, "off_diagonal(found)")]
)
def test_what_is_thrown_away_is_suspected_first(candidate, text):
    assert messages(candidate)[0] == f"the result of `{text}` is not used"


@pytest.mark.parametrize("candidate", [kept_in_a_list, kept_by_a_function, a_constant])
def test_what_may_be_kept_or_depends_on_no_variable_is_not(candidate):
    assert not any("is not used" in one for one in messages(candidate))


def test_of_what_is_equivalent_nothing_is_said():
    assert messages(a_product, lambda x: tf.reduce_sum(correlation(x))) == []

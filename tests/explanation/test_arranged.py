"""Numbers in another order are those of a reshape, transposed, where they are; nothing else is called so."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.explanation.arranged import Arrangement

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=5)


def numbers(shape, seed):
    """Return an array of numbers that are all different."""
    count = math.prod(shape)
    return (np.random.default_rng(seed).permutation(count) + 0.5).reshape(shape)


@given(SHAPES, st.randoms(use_true_random=False), st.integers(0, 9))
def test_any_transposition_of_any_shape_is_found(shape, random, seed):
    own = numbers(shape, seed)
    order = random.sample(range(len(shape)), len(shape))
    wanted = own.transpose(order)
    found = Arrangement.between(own.ravel(), wanted)
    if found is None:
        assert own.size < 4 or np.array_equal(own.ravel(), wanted.ravel())
        return
    assert np.array_equal(own.reshape(found.shape).transpose(found.order).ravel(), wanted.ravel())
    assert len(found.shape) <= len(shape)


@given(SHAPES, st.randoms(use_true_random=False), st.integers(0, 9))
def test_where_two_numbers_change_places_there_is_none(shape, random, seed):
    own = numbers(shape, seed)
    wanted = own.ravel().copy()
    if wanted.size < 6:
        return
    one, other = random.sample(range(wanted.size), 2)
    wanted[[one, other]] = wanted[[other, one]]
    found = Arrangement.between(own, wanted)
    assert found is None or np.array_equal(own.reshape(found.shape).transpose(found.order).ravel(), wanted), (
        "an exchange that is a transposition, as in a matrix of two rows"
    )


def test_numbers_that_occur_twice_or_elsewhere_or_are_not_finite_have_none():
    own = numbers((2, 3), 0)
    assert Arrangement.between(own, own.T) is not None
    assert Arrangement.between(np.ones((2, 3)), np.ones((3, 2))) is None
    assert Arrangement.between(own, own.T + 1.0) is None
    assert Arrangement.between(own, own[:1]) is None
    assert Arrangement.between(own * np.nan, own.T * np.nan) is None


def test_the_axis_of_the_samples_is_any_of_them():
    found = Arrangement.between(numbers((2, 3, 4), 1), numbers((2, 3, 4), 1).transpose(0, 2, 1))
    assert list(found.of("rows")) == [
        "tf.transpose(tf.reshape(rows, [-1, 3, 4]), [0, 2, 1])",
        "tf.transpose(tf.reshape(rows, [2, -1, 4]), [0, 2, 1])",
        "tf.transpose(tf.reshape(rows, [2, 3, -1]), [0, 2, 1])",
    ]

"""What one loss is made the other with, where it is a plain multiple of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcheck.explanation.quantities import kind_of, quantities
from gradcheck.explanation.ratio import by_the_ratio


def texts(ratio, **names):
    known = dict(quantities(names))
    kinds = {text: kind for text, value in known.items() if (kind := kind_of(value)) is not None}
    return by_the_ratio(kinds, known, ratio)


@pytest.mark.parametrize(
    ("ratio", "wanted"),
    [
        (4.0, ["/ steps", "/ x.shape[1]", "/ 4"]),
        (4.00001, ["/ steps", "/ x.shape[1]", "/ 4"]),
        (0.25, ["* steps", "* x.shape[1]", "* 4"]),
        (0.05, ["/ scale", "* 20"]),
        (20.0, ["* scale", "/ 20"]),
        (4.1, []),
        (None, []),
    ],
)
def test_numbers_and_lengths_that_are_the_ratio(ratio, wanted):
    found = texts(ratio, steps=4, scale=0.05, x=np.zeros((7, 4)), one=1)
    assert sorted(found) == sorted(wanted)


def test_a_name_comes_before_a_length_and_a_length_before_a_number():
    assert texts(4.0, x=np.zeros((7, 4)), steps=4) == ["/ steps", "/ x.shape[1]", "/ 4"]


@pytest.mark.parametrize("other", [10**400, -(10**400), math.inf, math.nan, -4, 0])
def test_a_number_of_any_size_is_compared(other):
    assert texts(4.0, other=other, steps=4) == ["/ steps", "/ 4"]


def test_names_of_zero_and_of_no_length_are_left_out():
    assert texts(3.0, nothing=0, none=0.0, empty=np.zeros((0, 2)), single=np.zeros(())) == ["/ 3"]

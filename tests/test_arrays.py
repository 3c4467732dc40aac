"""How large numbers are, by the side of what fills masked places."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from gradcheck.arrays import largest
from gradcheck.explanation.align import CLOSE

ORDINARY = st.lists(st.floats(0.01, 100.0), min_size=4, max_size=40).map(np.array)


@pytest.mark.parametrize("filling", [-1e9, 3.4e38, np.inf, np.nan])
@hypothesis.given(ORDINARY, st.floats(0.0, 50.0))
def test_what_fills_masked_places_is_left_out(filling, numbers, share):
    filled = np.append(numbers, np.full(int(share * len(numbers)), filling))
    assert largest(filled) == np.abs(numbers).max()


@hypothesis.given(ORDINARY, st.sampled_from([1e-30, 1.0, 1e30]))
def test_numbers_of_one_size_all_count(numbers, scale):
    assert largest(-numbers * scale) == np.abs(numbers * scale).max()


@pytest.mark.parametrize(("numbers", "size"), [([], 0.0), ([0.0, 0.0], 0.0), ([1e9], 1e9), ([0.0, 1e9], 1e9)])
def test_boundaries(numbers, size):
    assert largest(np.array(numbers)) == size


def test_beside_a_filling_other_numbers_are_not_near():
    one, other = np.array([0.1, 0.2, 0.3, -1e9]), np.array([0.1, 0.2, 0.35, -1e9])
    assert np.allclose(one, other, atol=CLOSE * np.abs(one).max())
    assert not np.allclose(one, other, atol=CLOSE * largest(one))

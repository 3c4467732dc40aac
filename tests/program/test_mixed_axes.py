"""A reshape that cuts axes anywhere is told from one that splits them, or joins neighbours."""

from __future__ import annotations

import pytest

from gradcheck.program.queries import mixes


@pytest.mark.parametrize(
    ("before", "after"),
    [((10, 5, 8), (20, 5, 4)), ((6, 4, 4, 6), (6, 2, 4, 4, 3)), ((2, 3, 4, 5), (2, 5, 12)), ((9, 3), (3, 9))],
)
def test_axes_that_are_cut_anywhere_are_mixed(before, after):
    assert mixes(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [((10, 5, 8), (10, 5, 2, 4)), ((6, 4, 4, 6), (96, 6)), ((9, 3), (9, 1, 3)), ((4, 6), (24,)), ((), (1,))],
)
def test_axes_that_are_split_or_joined_are_not(before, after):
    assert not mixes(before, after)

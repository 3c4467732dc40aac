"""An ellipsis in what is shown as a fix is written out where it is known for how many axes it stands."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.source.ellipsis import written_out

RANKS = {"a": 3, 'b["x"]': 2, "f(ä)": 4}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a[..., 1]", "a[:, :, 1]"),
        ("a[...]", "a[:, :, :]"),
        ("a[0, ..., None]", "a[0, :, :, None]"),
        ("g(a[..., :2], a[1, ...])", "g(a[:, :, :2], a[1, :, :])"),
        ('b["x"][..., ::2] + "..."', 'b["x"][:, ::2] + "..."'),
        ("f(ä)[..., 0] * ä[..., 0]", "f(ä)[:, :, :, 0] * ä[..., 0]"),
        ("a[..., 0, 1, 2]", "a[..., 0, 1, 2]"),  # for none
        ("c[..., 0]", "c[..., 0]"),
        ("a[..., 0] +", "a[..., 0] +"),  # no Python
    ],
)
def test_an_ellipsis_is_written_out_where_the_axes_are_known(text, plain):
    assert written_out(text, RANKS) == plain


@pytest.mark.parametrize("index", ["...", "..., 0", "1, ..., None", "None, ..., :2", "..., 0, 1"])
def test_it_means_the_same(index):
    array = np.arange(24).reshape(2, 3, 4)
    both = f"a[{index}]", written_out(f"a[{index}]", RANKS)
    assert "..." not in both[1]
    one, other = (eval(text, {"a": array}) for text in both)
    assert np.array_equal(one, other)

"""Which changes are the same at several places, to be tried together."""

from __future__ import annotations

import ast
import linecache
from types import SimpleNamespace

import pytest

from gradcheck.comparison import likely
from gradcheck.source.trees import tree


def difference(written, numbers):
    """Return what two whole numbers have in common that are one more, in a list that is written so."""
    name = f"<likely {written}>"
    linecache.cache[name] = (len(written), None, [written], name)
    nodes = [one for one in ast.walk(tree(name)) if isinstance(one, ast.Constant) and one.value in numbers]
    changes = (SimpleNamespace(node=one, text=str(one.value + 1)) for one in nodes)
    return [likely._difference(SimpleNamespace(filename=name, change=one)) for one in changes]


@pytest.mark.parametrize(
    ("written", "numbers", "expected"),
    [
        ("y = f(x, [1, 2])", (1, 2), [1, 1]),
        ("y = f(x, [1, 256])", (1, 256), [1, None]),
        ("y = f(x, [256, 65536])", (256, 65536), [None, None]),
    ],
)
def test_axes_may_all_be_one_off_and_numbers_to_compute_with_may_not(written, numbers, expected):
    assert difference(written, numbers) == expected

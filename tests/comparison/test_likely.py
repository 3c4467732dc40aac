"""Which changes are the same at several places, to be tried together; and which are not tried."""

from __future__ import annotations

import ast
import linecache
from types import SimpleNamespace

import pytest

from gradcheck.comparison import likely
from gradcheck.source.change import Change
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


class Kept:
    """An object of the user's own that keeps numbers."""

    def __init__(self):
        self.n, self.heads = 8, 4


NAMES = {"n": 8, "width": 16, "heads": 4, "few": 2, "kept": Kept()}


def placed(written, text):
    """Return the change of the first operand of what a statement divides, or of all that it gives."""
    name = f"<likely {written} {text}>"
    linecache.cache[name] = (len(written), None, [written], name)
    (statement,) = tree(name).body
    assert isinstance(statement, ast.Assign)
    return likely.Placed(
        Change(statement.value, text, 2), SimpleNamespace(code=SimpleNamespace(co_filename=name)), 0
    )


def goals(*counts):
    return [SimpleNamespace(sample_counts={count}) for count in counts]


@pytest.mark.parametrize(
    ("written", "text", "brings_them_in"),
    [
        ("y = width", "n", True),
        ("y = width", "8", True),
        ("y = width", "width / n", True),
        ("y = width", "width / kept.n", True),
        ("y = width", "width / kept.heads", False),
        ("y = kept.n", "kept.n / heads", False),  # it is there already
        ("y = width", "width / heads", False),
        ("y = width", "width / few", False),
        ("y = x / n", "x * n", False),  # it is there already
        ("y = x / n", "x / (n - 1)", False),
        ("y = x", "x[n]", True),
        ("y = x", ":, None", False),  # what stands between the brackets of an index
    ],
)
def test_the_number_of_samples_is_not_brought_in_where_no_other_size_is_tried(written, text, brings_them_in):
    change = placed(written, text)
    assert likely._counts_samples(change, NAMES, goals(8)) is brings_them_in
    assert likely._counts_samples(change, NAMES, goals(8, 8)) is brings_them_in
    assert not likely._counts_samples(change, NAMES, goals(8, 4))
    assert not likely._counts_samples(change, {}, goals(8)) or text == "8"

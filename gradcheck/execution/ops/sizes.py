"""How many numbers an op gives that makes as many as a number says, or multiplies matrices.

Which ops these are is told by what TensorFlow calls their inputs and attributes.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.execution.ops.operands import input_names, told_apart
from gradcheck.execution.tensorflow_internals import op_definition

Named = Mapping[str, Any]
"""What an op is given, by the names of its inputs and attributes."""


def sizes_up(kind: str) -> bool:
    """Return whether ops of a kind give as many numbers as a number says, or a product of matrices."""
    return _rule_of(kind) is not None


def size_given(kind: str, operands: Sequence[Any]) -> float:
    """Return how many numbers an op of such a kind gives; 0 where it cannot be run, and TensorFlow says why.

    Infinitely many, where a range has no end.

    Parameters
    ----------
    operands
        As a `Look` is given them.
    """
    rule = _rule_of(kind)
    inputs, attributes = told_apart(kind, operands)
    try:
        given = {**attributes, **dict(zip(input_names(kind), inputs, strict=True))}
        return 0 if rule is None else rule(given)
    except (TypeError, ValueError, OverflowError):  # no numbers, none that count, or shapes that do not fit
        return 0


Rule = Callable[[Named], float]


@functools.cache
def _rule_of(kind: str) -> Rule | None:
    known, inputs = op_definition(kind), {*input_names(kind)}
    names = inputs if known is None else inputs | {one.name for one in known.attr if one.type != "shape"}
    return next((rule for needed, rule in _RULES if needed <= names), None)


def _reached(given: Named) -> float:
    start, limit, step = (float(np.asarray(given[name])) for name in ("start", "limit", "delta"))
    return abs((limit - start) / step) if step else 0


def _multiplied(turned: tuple[str, str], names: tuple[str, str]) -> Rule:
    def size(given: Named) -> int:
        one, other = (np.shape(given[name]) for name in names)
        if min(len(one), len(other)) < _MATRIX:
            return 0
        rows = one[-1] if given.get(turned[0]) else one[-2]
        columns = other[-2] if given.get(turned[1]) else other[-1]
        return int(rows * columns * math.prod(np.broadcast_shapes(one[:-2], other[:-2])))

    return size


_MATRIX = 2


def _product(numbers: Any) -> int:
    return math.prod(int(one) for one in np.asarray(numbers).ravel())


def _count(array: Any) -> int:
    return math.prod(np.shape(array))


_RULES: Sequence[tuple[set[str], Rule | None]] = (
    ({"tensor", "shape"}, None),  # as many as there were
    ({"dims"}, lambda given: _product(given["dims"])),
    ({"input", "multiples"}, lambda given: _count(given["input"]) * _product(given["multiples"])),
    ({"indices", "depth"}, lambda given: _count(given["indices"]) * _product(given["depth"])),
    ({"start", "limit", "delta"}, _reached),
    ({"start", "stop", "num"}, lambda given: _product(given["num"])),
    ({"num_split", "split_dim"}, lambda given: int(given.get("num_split", 0))),
    ({"transpose_a", "transpose_b"}, _multiplied(("transpose_a", "transpose_b"), ("a", "b"))),
    ({"adj_x", "adj_y"}, _multiplied(("adj_x", "adj_y"), ("x", "y"))),
    ({"shape"}, lambda given: _product(given["shape"])),
)
"""What has to be among the names, and how many numbers there are then."""

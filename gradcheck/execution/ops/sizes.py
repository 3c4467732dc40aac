"""How many numbers an op gives that makes more of its operands than these are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Attributes = Mapping[str, Any]


def sizes_up(kind: str) -> bool:
    """Return whether ops of a kind give as many numbers as a number says, or a product of matrices."""
    return kind in _SIZES


def size_given(kind: str, inputs: Sequence[Any], operands: Sequence[Any]) -> int:
    """Return how many numbers an op of such a kind gives.

    Parameters
    ----------
    inputs, operands
        Its inputs, and all that TensorFlow is given to run it, as a `Look` is.

    Raises
    ------
    ValueError, TypeError
        It cannot be run with these; TensorFlow says why.
    """
    return int(_SIZES[kind](inputs, _attributes(operands)))


def _attributes(operands: Sequence[Any]) -> dict[str, Any]:
    first, *others = operands
    if isinstance(first, list | tuple):
        flat = list(others[0] or ())
    else:
        flat = list(itertools.dropwhile(lambda one: not isinstance(one, str | bytes), others))
    return {tf.compat.as_str(name): value for name, value in zip(flat[::2], flat[1::2], strict=False)}


def _filled(inputs: Sequence[Any], _: Attributes) -> int:
    return _product(inputs[0])


def _repeated(inputs: Sequence[Any], _: Attributes) -> int:
    return _count(inputs[0]) * _product(inputs[1])


def _reached(inputs: Sequence[Any], _: Attributes) -> float:
    start, limit, step = (float(np.asarray(one)) for one in inputs)
    return abs((limit - start) / step) if step else 0


def _multiplied(inputs: Sequence[Any], told: Attributes) -> int:
    one, other = (np.shape(each) for each in inputs)
    if len(one) < 2 or len(other) < 2:
        return 0
    rows = one[-1] if told.get("transpose_a") or told.get("adj_x") else one[-2]
    columns = other[-2] if told.get("transpose_b") or told.get("adj_y") else other[-1]
    return int(rows * columns * math.prod(np.broadcast_shapes(one[:-2], other[:-2])))


def _count(array: Any) -> int:
    return math.prod(np.shape(array))


def _product(numbers: Any) -> int:
    return math.prod(int(one) for one in np.asarray(numbers).ravel())


_SIZES: Mapping[str, Callable[[Sequence[Any], Attributes], float]] = {
    "Fill": _filled,
    "BroadcastTo": lambda inputs, told: _product(inputs[1]),
    "Tile": _repeated,
    "OneHot": _repeated,
    "Range": _reached,
    "Split": lambda inputs, told: told["num_split"],
    "MatMul": _multiplied,
    "BatchMatMulV2": _multiplied,
}

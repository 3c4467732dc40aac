"""What numbers are held in: arrays of NumPy's, and tensors of TensorFlow's, for which TensorFlow has no types."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
"""An array of any shape and dtype."""


class Tensor(Protocol):
    """A tensor that holds numbers, as far as we ask it ourselves; the rest is asked of `tf`'s functions.

    That something is one is not checked when it runs. A tensor of a function that is being traced has no
    numbers, and is `Any` here.
    """

    @property
    def dtype(self) -> Any:
        """Its `tf.DType`."""

    @property
    def shape(self) -> Any:
        """Its `tf.TensorShape`, known in full."""

    def numpy(self) -> Any:
        """Return a copy of its numbers: an array, or a NumPy scalar where it has no axes."""

    def __array__(self) -> Array:
        """Return its numbers; a view of them where that is possible."""

    def __int__(self) -> int:
        """Return its only number."""

    def __getitem__(self, place: Any, /) -> Any:
        """Return a part of it, another tensor."""

    def __mul__(self, other: Any, /) -> Any:
        """Return the product, another tensor."""

    def __gt__(self, other: Any, /) -> Any:
        """Return for each number whether it is larger, another tensor."""


def array_of(tensor: Tensor) -> Array:
    """Return the numbers of a tensor, as a view of them where that is possible.

    Of a scalar it is a copy: as a view, NumPy refuses one in bfloat16, which is no dtype of its own.
    """
    array: Array = np.asarray(tensor if tensor.shape.rank else tensor.numpy())
    return array


def each_is_among(numbers: Array, known: Array, within: Array) -> bool:
    """Return whether each of some numbers occurs among others that are sorted; see `are_among`."""
    return bool(are_among(numbers, known, within).all())


def are_among(numbers: Array, known: Array, within: Array) -> Array:
    """Return which of some numbers occur among others that are sorted, but for a difference that each may have."""
    if not known.size:
        return np.zeros(numbers.shape, bool)
    at = np.clip(np.searchsorted(known, numbers), 1, max(known.size - 1, 1))
    after = known[np.minimum(at, known.size - 1)]
    near = np.minimum(np.abs(known[at - 1] - numbers), np.abs(after - numbers))
    found: Array = near <= within
    return found


def largest(numbers: Array) -> float:
    """Return the largest size of the numbers that are finite, without those that fill what a mask leaves out.

    What is rounded is rounded relative to it: by the side of -1e9, any other number would count as none. Large
    numbers are taken for such a filling if those before them, by size, are a hundred thousand times as small.
    """
    sizes = np.abs(numbers[np.isfinite(numbers)])
    top = float(sizes.max(initial=0.0))
    if top < _LEAST_FILLING:
        return top
    ordered = np.sort(sizes[sizes > 0])
    fills = (ordered[1:] >= _LEAST_FILLING) & (ordered[1:] / _FAR >= ordered[:-1])
    return float(ordered[np.argmax(fills)]) if fills.any() else top


_LEAST_FILLING, _FAR = 1e4, 1e5


def names_a_dtype(text: str) -> bool:
    """Return whether a text names a dtype of numbers, as in ``tf.int64`` or ``np.float32``."""
    module, dot, name = text.rpartition(".")
    if not (dot and module.isidentifier() and name.isidentifier()):
        return False
    known = np.sctypeDict.get(name)  # `np.dtype` parses its argument, and warns of some names
    return known is not None and np.dtype(known).name == name


DRAWN = 2**16
"""How many random numbers are drawn for one array at most."""


def normal(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return standard normal numbers in a shape; beyond `DRAWN` the same again, since drawing takes long."""
    size = math.prod(shape)
    return np.resize(random.standard_normal(min(size, DRAWN)), size).reshape(shape)

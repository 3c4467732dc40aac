"""Hypothesis strategies for the batches of a loss, including edge cases.

    from hypothesis import given
    from gradcheck import strategies

    @given(
        strategies.batches(
            states=strategies.floats_array(4),
            actions=strategies.integers_array(high=2),
        )
    )
    def test_my_loss(batch): ...

Each array is described by the shape of one sample; `batches` adds the sample axis, which all of them share, in
front. For an array without samples, such as a vocabulary, use any other strategy. Everything shrinks to fewer
samples and to zeros.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.extra import numpy as hnp

from gradcheck.arrays import Array

Shape: TypeAlias = int | tuple[int, ...]

__all__ = [
    "PerSample",
    "batches",
    "booleans_array",
    "floats_array",
    "integers_array",
    "probabilities",
    "seeds",
]

_LARGEST_SEED = 2**32 - 1
_WEIGHTS = 1000  # the steps in which probabilities are drawn


@dataclass(frozen=True)
class PerSample:
    """An array with a sample axis of any length: `of(n)` is a strategy for arrays of shape (n, ...)."""

    of: Callable[[int], st.SearchStrategy[Array]]


def batches(
    samples: st.SearchStrategy[int] | int | None = None,
    *,
    ties: bool = True,
    **arrays: PerSample | st.SearchStrategy[Any],
) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for batches: dicts of arrays by name, with the same number of samples.

    Parameters
    ----------
    samples
        The number of samples: a strategy for integers, or an integer; by default 1 to 20.
    ties
        Whether a sample may be an exact copy of another, in every array.
    arrays
        The contents of each array: from `floats_array`, `integers_array`, `booleans_array`, `probabilities`.
        The result of any other strategy goes into the batch unchanged, without a sample axis.

    Raises
    ------
    hypothesis.errors.InvalidArgument
        There is no array, or one is not a strategy.

    Notes
    -----
    A loss that passes on these batches is not proved right on other batches or for other weights.
    """
    if not arrays:
        raise InvalidArgument("batches() needs an array, for example states=floats_array(4)")
    for name, array in arrays.items():
        if not isinstance(array, PerSample | st.SearchStrategy):
            raise InvalidArgument(
                f"{name}={array!r} of batches() is not a strategy; expected, for example, floats_array(4)"
            )
    counts = st.integers(1, 20) if samples is None else samples
    return _batches(st.just(counts) if isinstance(counts, int) else counts, ties, arrays)


@st.composite
def _batches(
    draw: st.DrawFn,
    counts: st.SearchStrategy[int],
    ties: bool,
    arrays: dict[str, PerSample | st.SearchStrategy[Any]],
) -> dict[str, Any]:
    samples = draw(counts)
    if samples < 1:
        raise InvalidArgument(f"samples of batches() gave {samples}; expected 1 or more")
    batch = {
        name: draw(array.of(samples) if isinstance(array, PerSample) else array)
        for name, array in arrays.items()
    }
    if not ties or samples < 2:
        return batch
    number = st.integers(0, samples - 1)
    tie = draw(st.none() | st.tuples(number, number))
    if tie is not None:
        for name, array in arrays.items():
            if isinstance(array, PerSample):
                batch[name][tie[1]] = batch[name][tie[0]]
    return batch


def floats_array(
    shape: Shape = (),
    *,
    low: float = -1e6,
    high: float = 1e6,
    dtype: str = "float32",
    awkward: bool = True,
    nan: bool = False,
) -> PerSample:
    """Return floats from `low` to `high`, both included, of shape (n, *shape).

    Parameters
    ----------
    shape
        The shape of one sample: ``4`` for arrays of shape (n, 4), empty for (n,).
    dtype
        ``float16``, ``float32`` or ``float64``. Bounds that it cannot represent are rounded inwards.
    awkward
        Whether to make edge cases within the bounds more likely: zero, one, the smallest normal number, the
        bounds. Subnormal numbers are never drawn, because TensorFlow may flush them.
    nan
        Whether NaN may occur as well.

    Raises
    ------
    hypothesis.errors.InvalidArgument
        No float of that dtype lies within the bounds, or a shape or dtype is invalid.
    """
    kind = _dtype(dtype, "f", "floats_array")
    least, most = _within(low, high, kind)
    width: Any = 8 * kind.itemsize
    elements = st.floats(least, most, width=width, allow_nan=False, allow_subnormal=False)
    if awkward:
        elements = st.sampled_from(_awkward(least, most, kind)) | elements
    if nan:
        elements |= st.just(float("nan"))
    return PerSample(lambda n: hnp.arrays(kind, (n, *_shape(shape)), elements=elements))


def integers_array(shape: Shape = (), *, high: int, low: int = 0, dtype: str = "int64") -> PerSample:
    """Return integers from `low` to `high` - 1, such as actions, of shape (n, *shape).

    Raises
    ------
    hypothesis.errors.InvalidArgument
        The range is empty, the dtype cannot represent it, or a shape or dtype is invalid.
    """
    kind = _dtype(dtype, "iu", "integers_array")
    if not low < high:
        raise InvalidArgument(
            f"integers_array(low={low}, high={high}): expected low < high; high is exclusive"
        )
    limits = np.iinfo(kind)
    if low < limits.min or high - 1 > limits.max:
        raise InvalidArgument(f"integers_array(low={low}, high={high}): {dtype} cannot hold these")
    return PerSample(lambda n: hnp.arrays(kind, (n, *_shape(shape)), elements=st.integers(low, high - 1)))


def booleans_array(shape: Shape = (), *, dtype: str = "bool") -> PerSample:
    """Return flags, such as masks and ends of episodes, of shape (n, *shape); 0 and 1 if `dtype` is numeric.

    Raises
    ------
    hypothesis.errors.InvalidArgument
        A shape or dtype is invalid.
    """
    kind = _dtype(dtype, "biuf", "booleans_array")
    return PerSample(lambda n: hnp.arrays(bool, (n, *_shape(shape))).map(lambda array: array.astype(kind)))


def probabilities(k: int, shape: Shape = (), *, dtype: str = "float32", zeros: bool = True) -> PerSample:
    """Return probabilities of `k` outcomes, of shape (n, *shape, k); they sum to one along the last axis.

    Parameters
    ----------
    zeros
        Whether one of them may be exactly zero, and therefore another exactly one.

    Raises
    ------
    hypothesis.errors.InvalidArgument
        `k` is less than 1, or a shape or dtype is invalid.
    """
    kind = _dtype(dtype, "f", "probabilities")
    if k < 1:
        raise InvalidArgument(f"probabilities({k}): expected 1 or more outcomes")
    weights = st.integers(0 if zeros else 1, _WEIGHTS)
    return PerSample(
        lambda n: hnp.arrays("int64", (n, *_shape(shape), k), elements=weights).map(
            lambda array: _normalised(array).astype(kind)
        )
    )


def seeds() -> st.SearchStrategy[int]:
    """Return a strategy for seeds that every random generator accepts."""
    return st.integers(0, _LARGEST_SEED)


def _normalised(weights: Array) -> Array:
    """Return `weights` divided by their sums along the last axis; equal weights where the sum is zero."""
    sums = weights.sum(axis=-1, keepdims=True)
    normalised: Array = np.where(sums > 0, weights, 1) / np.where(sums > 0, sums, weights.shape[-1])
    return normalised


def _within(low: float, high: float, kind: np.dtype[Any]) -> tuple[float, float]:
    """Return the least and the largest number of dtype `kind` from `low` to `high`."""
    limits = np.finfo(kind)
    if not (low <= high and low <= float(limits.max) and high >= float(limits.min)):
        raise InvalidArgument(f"floats_array(low={low}, high={high}): there is no {kind} from low to high")
    least = kind.type(max(low, float(limits.min)))
    most = kind.type(min(high, float(limits.max)))
    least = np.nextafter(least, kind.type(np.inf)) if float(least) < low else least
    most = np.nextafter(most, kind.type(-np.inf)) if float(most) > high else most
    if least > most:
        raise InvalidArgument(f"floats_array(low={low}, high={high}): there is no {kind} from low to high")
    return _normal(float(least), kind), _normal(float(most), kind)


def _normal(value: float, kind: np.dtype[Any]) -> float:
    return 0.0 if abs(value) < float(np.finfo(kind).tiny) else value


def _awkward(least: float, most: float, kind: np.dtype[Any]) -> list[float]:
    tiny = float(np.finfo(kind).tiny)
    values = (0.0, 1.0, -1.0, tiny, -tiny, most, least)
    return list(dict.fromkeys(value for value in values if least <= value <= most))


def _dtype(name: str, kinds: str, function: str) -> np.dtype[Any]:
    try:
        kind = np.dtype(name)
    except TypeError as error:
        raise InvalidArgument(f"{function}(dtype={name!r}): there is no such dtype") from error
    if kind.kind not in kinds or kind.itemsize > 8:
        wanted = {"f": "float16, float32 or float64", "iu": "an integer dtype"}
        raise InvalidArgument(f"{function}(dtype={name!r}): expected {wanted.get(kinds, 'bool or a number')}")
    return kind


def _shape(shape: Shape) -> tuple[int, ...]:
    try:
        lengths = (shape,) if isinstance(shape, int) else tuple(map(operator.index, shape))
    except TypeError as error:
        raise InvalidArgument(
            f"shape={shape!r}: expected the lengths of one sample's axes, such as (4,)"
        ) from error
    if any(length < 0 for length in lengths):
        raise InvalidArgument(f"shape={shape!r}: expected lengths of 0 or more")
    return lengths

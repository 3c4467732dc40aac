"""Samples perturbed slightly, or mixed with others of the same batch, so that they stay plausible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.targets.batches import leaves
from gradcheck.targets.samples import SampleAxis

Tensors = Mapping[str, Any]
Replacement = tuple[Tensors, Tensors, Tensors]
"""Tensors by place: with one group of the samples changed, with all the others, and with both."""

_ROUNDS = (False, True, True, True, True)
"""Of each change, whether integers, flags and texts change too: these may change what ops run."""

LEAST = 2
"""How many changes there are of either kind: numbers alone, and all."""

_JITTER = 0.05


def changes(batch: Mapping[str, Any], axis: SampleAxis) -> Iterator[Replacement]:
    """Yield changes of the samples of `batch`, each for two groups of them; none where all inputs are ragged.

    Notes
    -----
    A number becomes a mean of its own and another sample's, and a few percent more or less: so what lies
    within bounds, or sums to one, nearly stays so. What is no number becomes that of the other sample. Where
    all samples have the same, nothing tells what else it might be: numbers are then changed freely.
    """
    arrays = _arrays(batch, axis)
    for seed, discrete in enumerate(_ROUNDS if arrays else ()):
        random = np.random.default_rng(seed)
        # Drawn, and not exchanged: a mean over the samples of a group is to change, too.
        others = (np.arange(axis.length) + random.integers(1, axis.length, axis.length)) % axis.length
        share = random.uniform(0.3, 0.7, axis.length)
        changed = {place: _changed(array, others, share, discrete, random) for place, array in arrays.items()}
        first = np.isin(np.arange(axis.length), random.permutation(axis.length)[: axis.length // 2])
        yield tuple(  # type: ignore[misc]
            {place: _mixed(array, changed[place], rows) for place, array in arrays.items()}
            for rows in (first, ~first, first | ~first)
        )


def _arrays(batch: Mapping[str, Any], axis: SampleAxis) -> dict[str, Array]:
    """Return what has samples, by place; of ragged and sparse tensors nothing is known."""
    sampled = [(place, tensor) for place, tensor in leaves(batch) if place in axis.places]
    return {place: tensor.numpy() for place, tensor in sampled if isinstance(tensor, tf.Tensor)}


def equal_rows(batch: Mapping[str, Any], axis: SampleAxis) -> tuple[str, ...]:
    """Return the arrays in which all samples are the same, by place."""
    arrays = _arrays(batch, axis)
    return tuple(place for place, array in arrays.items() if _all_equal(array))


def _all_equal(array: Array) -> bool:
    return len(array) > 1 and bool((array == array[:1]).all())


def _mixed(own: Array, changed: Array, rows: Array) -> Any:
    return tf.constant(np.where(rows.reshape(-1, *[1] * (own.ndim - 1)), changed, own))


def _changed(array: Array, others: Array, share: Array, discrete: bool, random: np.random.Generator) -> Array:
    equal = _all_equal(array)
    if array.dtype.kind not in "fc" or (not equal and np.isin(array, (0, 1)).all()):
        return _other(array, others, equal, random) if discrete else array
    own = share.reshape(-1, *[1] * (array.ndim - 1))
    blended = own * array + (1 - own) * array[others]
    jitter = 1 + _JITTER * random.standard_normal(array.shape)
    if equal:
        blended = blended + (array == 0) * _JITTER * random.random(array.shape)
    made: Array = (blended * jitter).astype(array.dtype)
    return made


def _other(array: Array, others: Array, equal: bool, random: np.random.Generator) -> Array:
    """Return the rows of the others; of integers that are all equal, which may be indices, one less or more."""
    if not equal or array.dtype.kind not in "iu":
        return array[others]
    step = np.where(array > 0, -1, 1)
    return (array + step * random.integers(0, 2, len(array)).reshape(-1, *[1] * (array.ndim - 1))).astype(
        array.dtype
    )

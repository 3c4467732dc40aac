"""Other batches for a case that has only one: resample its samples, take some of them, or move its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from gradcheck.arrays import DRAWN, normal
from gradcheck.cases import Case
from gradcheck.execution.run.batch_of_samples import with_rows, with_tensors
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.prepare import Prepared, prepare
from gradcheck.targets.batches import leaves
from gradcheck.targets.samples import leading_lengths

_JITTER = 0.05

How = Literal["mixed", "drawn", "shuffled"]


@contextmanager
def resampled(case: Case, seed: int, how: How = "drawn", samples: int | None = None) -> Iterator[Case]:
    """Yield `case` with its samples drawn again, and its weights moved a little.

    Samples are drawn whole, so whatever belongs together stays together. ``drawn``: with replacement, in
    their order, since they may be sorted. ``shuffled``: each once, for a loss of pairs that cannot do with
    a sample that is there twice. ``mixed``: as drawn, with each sample moved towards another one, in what is not
    made of whole numbers: what holds for the numbers of this batch alone, as on a grid, need not hold there. Of
    what says something of each two samples, the columns are drawn as the rows. The weights are as before on
    leaving. Another batch of the same distribution it is not: what no sample has, no draw will show.

    Parameters
    ----------
    samples
        How many to draw; of fewer than there are, none is drawn twice. As many as there are, where left out.
    """
    prepared = prepare(case)
    axis, pairs = prepared.sample_axis(), _of_pairs(prepared)
    with _other_weights(case, seed) as random:
        made = _on_rows(case, _drawn(random, axis.length, samples or axis.length, how))
        lengths = dict.fromkeys(axis.places - pairs, samples or axis.length)
        yield _mixed(made, random, lengths) if how == "mixed" else made


@contextmanager
def renumbered(case: Case, seed: int) -> Iterator[Case]:
    """Yield `case` with other numbers where it is not known what its samples are, and its weights moved a little.

    The rows of each array are moved towards others of its own, as samples are when they are ``mixed``; those of
    arrays of the same length together. All sizes, whole numbers and flags stay as they are, as of edges that name
    nodes: what holds for these alone does not show. The weights are as before on leaving.
    """
    with _other_weights(case, seed) as random:
        yield _mixed(case, random, leading_lengths(prepare(case).batch))


@contextmanager
def _other_weights(case: Case, seed: int) -> Iterator[np.random.Generator]:
    """Let the weights of a case be moved a little inside, by the numbers of a generator; yield it."""
    random = np.random.default_rng(seed)
    with frozen(seed):
        for variable in prepare(case).variables.values():
            variable.assign(_moved(variable, random))
        yield random


def some_of(case: Case, seed: int, samples: int) -> Case:
    """Return `case` with `samples` of its samples, drawn whole and in their order."""
    own = prepare(case).sample_axis().length
    return _on_rows(case, _drawn(np.random.default_rng(seed), own, samples, "drawn"))


def first_of(case: Case, samples: int) -> Case:
    """Return `case` with the first `samples` of its samples."""
    return _on_rows(case, np.arange(samples))


def in_another_order(case: Case, seed: int) -> Case:
    """Return `case` with its samples in another order, each once."""
    own = prepare(case).sample_axis().length
    return _on_rows(case, _drawn(np.random.default_rng(seed), own, own, "shuffled"))


def _on_rows(case: Case, rows: Any) -> Case:
    """Return `case` with these samples. Their number may be the length of another array, which holds none."""
    prepared = prepare(case)
    axis, pairs = prepared.sample_axis(), _of_pairs(prepared)
    names = axis.names(prepared.batch) if case.samples is None else case.samples
    batch = with_rows(prepared.batch, axis, rows)
    columns = {place: tf.gather(tensor, rows, axis=1) for place, tensor in leaves(batch) if place in pairs}
    return replace(case, batch=with_tensors(batch, columns), samples=names)


def _of_pairs(prepared: Prepared) -> frozenset[str]:
    """Return the arrays that say something of each two samples, as which nodes of a graph are connected.

    They are as wide as long, and symmetric. Others may be so by chance: few samples, or the classes of as many.
    """
    axis = prepared.sample_axis()
    return frozenset(
        place
        for place, tensor in leaves(prepared.batch)
        if place in axis.places and isinstance(tensor, tf.Tensor) and _is_of_pairs(tensor.numpy())
    )


def _is_of_pairs(array: Any) -> bool:
    if array.ndim < _A_PAIR or array.shape[0] != array.shape[1] or len(array) <= _A_PAIR:
        return False
    names_classes = array.dtype.kind in "biuf" and bool((array.astype(bool).sum(axis=1) == 1).all())
    return np.array_equal(array, array.swapaxes(0, 1)) and not names_classes


_A_PAIR = 2


def _mixed(case: Case, random: np.random.Generator, lengths: Mapping[str, int]) -> Case:
    """Return `case` with the rows of some arrays moved towards others, by one share in all that are not whole.

    What both have in common is kept: bounds, an order along a row, a sum of one. Where a row has its zeros
    elsewhere than the other, as padding, or a number that is not finite, it stays as it is.

    Parameters
    ----------
    lengths
        How many rows each of the arrays has, by its place.
    """
    prepared = prepare(case)
    moves = {
        length: (random.permutation(length), random.uniform(0.1, 0.4, length))
        for length in sorted({*lengths.values()})
    }
    floats = {
        place: tensor.numpy()
        for place, tensor in leaves(prepared.batch)
        if place in lengths and isinstance(tensor, tf.Tensor) and tensor.dtype.is_floating
    }
    moved = {
        place: tf.constant(_towards(rows, *moves[lengths[place]]), dtype=rows.dtype)
        for place, rows in floats.items()
        if not np.array_equal(rows, np.rint(rows))
    }
    return replace(case, batch=with_tensors(prepared.batch, moved))


def _towards(rows: Any, others: Any, shares: Any) -> Any:
    along = tuple(range(1, rows.ndim))
    finite = np.isfinite(rows).all(axis=along)
    alike = ((rows == 0) == (rows[others] == 0)).all(axis=along) & finite & finite[others]
    moved, share = rows[alike], shares[alike].reshape(-1, *(1 for _ in along))
    found = rows.astype(np.float64)
    found[alike] = moved + share * (rows[others][alike].astype(np.float64) - moved)
    return found


def samples_of(case: Case) -> int:
    """Return how many samples the batch of `case` holds; 0 where its sample axis is not known."""
    return prepare(case).samples


def same_arrays(one: Case, other: Case) -> bool:
    """Return whether two cases hold the same batch, as those of a factory do that ignores its seed."""
    first, second = (list(leaves(prepare(case).batch)) for case in (one, other))
    return [path for path, _ in first] == [path for path, _ in second] and all(
        _equal(a, b) for (_, a), (_, b) in zip(first, second, strict=True)
    )


def _equal(one: Any, other: Any) -> bool:
    if not (isinstance(one, tf.Tensor) and isinstance(other, tf.Tensor)):
        return False  # ragged and sparse ones are not looked into
    return one.dtype == other.dtype and np.array_equal(one.numpy(), other.numpy())


def _drawn(random: np.random.Generator, own: int, wanted: int, how: How) -> Any:
    if how == "shuffled":
        return random.permutation(own)
    return np.sort(random.choice(own, wanted, replace=wanted >= own))


def _moved(variable: Any, random: np.random.Generator) -> Any:
    """Return the numbers of a variable, each moved a little; piece by piece, as they may be many."""
    found = np.array(variable.numpy())
    flat = found.reshape(-1)
    some = flat[:: max(1, flat.size // DRAWN)] * np.float64(1)
    spread = float(some.std()) or float(np.abs(flat).max(initial=0.0)) or 1.0
    way = _JITTER * spread * normal(random, (min(flat.size, DRAWN),))
    way = way.astype(np.result_type(found.dtype, np.float16))  # float64 would double what is computed with
    for start in range(0, flat.size, DRAWN):
        piece = flat[start : start + DRAWN]
        piece[...] = piece + way[: piece.size]
    return found

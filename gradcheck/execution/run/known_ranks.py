"""Fragile ops kept to what they are known to run with, while something is tried."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.execution.ops.fragile import fragile_ranks, harmless_from, is_fragile, multiplies_batches
from gradcheck.execution.ops.operands import told_apart
from gradcheck.execution.run.runners import RefusedError, looking
from gradcheck.program.recording import Op, Recording, Shape


class OtherRankError(RefusedError):
    """A fragile op would be given ranks that it was not given before."""


class HarmfulNumberError(RefusedError):
    """A Fourier transform would be of length zero, or an order of axes would count them from the end."""


class KnownRanks:
    """The ranks of what the fragile ops of some recordings were given."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self._known = defaultdict[str, set[tuple[int, ...]]](set)
        self._harmless = set[Any]()
        for recording in recordings:
            for op in recording.ops:
                if _does_harm(op, recording):
                    self._harmless |= {op.type, op.type.encode()}
                ranks = fragile_ranks(op.type, recording.shapes(op.inputs))
                if ranks is not None:
                    self._known[op.type].add(_of_tensors(ranks))

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Raise an `OtherRankError` before this thread gives a fragile op other ranks inside.

        A `HarmfulNumberError` before it gives one a number that may do harm, unless one was recorded. Windows and
        scatterings of a kind that was not recorded are let through: mostly they are gradients of what was.
        """
        with looking(self._look, past=self._harmless):
            yield

    def _look(self, name: Any, operands: Sequence[Any]) -> None:
        kind = tf.compat.as_str(name)
        numbers = harmless_from(kind)
        if numbers is not None:
            _check_numbers(kind, operands, *numbers)
            return
        if not is_fragile(kind) or not (multiplies_batches(kind) or kind in self._known):
            self._harmless.add(name)
            return
        inputs, _ = told_apart(kind, operands)
        ranks = fragile_ranks(kind, list(shapes_of(inputs)))
        if ranks is not None and _of_tensors(ranks) not in self._known[kind]:
            raise OtherRankError(f"{kind} of tensors of ranks {ranks}")


def _does_harm(op: Op, recording: Recording) -> bool:
    """Return whether an op was given a number that may do harm, which it did not do here."""
    place, least = harmless_from(op.type) or (0, None)
    return least is not None and bool(np.any(recording.array(op.inputs[place]) < least))


def _check_numbers(kind: str, operands: Sequence[Any], place: int, least: int) -> None:
    inputs, _ = told_apart(kind, operands)
    # A list may hold lists, words and tensors: what is no order of axes, TensorFlow itself refuses.
    each = [np.asarray(one) for one in tf.nest.flatten(inputs[place])]
    if any(np.any(one < least) for one in each if one.dtype.kind in "iu"):
        raise HarmfulNumberError(f"{kind} of a number below {least}")


def _of_tensors(ranks: tuple[int, ...]) -> tuple[int, ...]:
    """Return ranks without those of lists: a shape that an op is told may be one of numbers, and no tensor."""
    return tuple(rank for rank in ranks if rank != 1)


def shapes_of(inputs: Sequence[Any]) -> Iterator[Shape]:
    """Yield the shapes of the inputs of an op that takes none as a list: such a list becomes one tensor."""
    for one in inputs:
        if isinstance(one, list | tuple):
            yield (len(one), *next(shapes_of(one), ()))
        else:
            shape = getattr(one, "shape", ())
            yield () if getattr(shape, "rank", 0) is None else tuple(shape)

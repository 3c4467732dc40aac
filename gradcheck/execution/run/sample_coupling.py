"""Measure where samples are combined: change some samples, then others, then both.

No length and no name of an op is looked at. A number that changes with samples of both groups is where
they met; if it changes by the sum of both changes, they merely add up in it, and else they are mixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.cases import Formulation
from gradcheck.errors import GradcheckError
from gradcheck.execution.ops.unavailable import ReplayUnavailableError
from gradcheck.execution.replay.machine import Machine
from gradcheck.execution.run.batch_of_samples import with_tensors
from gradcheck.execution.run.changed_samples import LEAST, Replacement, changes
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.prepare import Prepared
from gradcheck.execution.tensorflow_internals import tensor_id
from gradcheck.program.recording import NO_NUMBERS, CoupledAt, Op, Recording, SampleCoupling
from gradcheck.program.run import Run
from gradcheck.targets.batches import leaves

LARGEST = 20_000_000
"""How many numbers the tensors of a recording may hold; beyond, nothing is measured."""

_MOVED = 1e-12
"""A float64 number that is off by more of itself has changed."""

_MIXED = 1e-4
"""Of a change, what is no sum of the changes by each group. What NumPy computes in float32 leaves 1e-6."""


def coupling(
    once: Run, formulation: Formulation | None, prepared: Prepared, seed: int
) -> SampleCoupling | None:
    """Return how samples are combined in `once`, a run of `formulation`; without one, it is only replayed.

    None where it cannot be measured: float64 is not available, or there are less than two samples.

    Notes
    -----
    Each of several changes of the samples takes three further runs, and a replay of each. The formulation
    itself runs again, so that what it computes in NumPy changes too; where it does other ops then, its
    first run is replayed with the changed samples. Until the loss is seen to be no sum, some more are tried.
    What no change reached is not seen: a sample that is used only where a condition holds, say.
    """
    axis = prepared.sample_axis()
    if axis.length < 2 or sum(info.size for info in once.recording.tensors.values()) > LARGEST:
        return None
    seen = _Moved()
    measured = False
    for count, change in enumerate(changes(prepared.batch, axis)):
        if count >= LEAST and once.recording.loss in seen.mixed:
            break
        ran = None if formulation is None else _alike(once, formulation, prepared, change, seed)
        sides = ran or _replayed(once, prepared, change)
        measured |= _measure(sides, seen)
    return _coupling(once.recording, seen) if measured else None


@dataclass(frozen=True)
class _ReplayedSide:
    """One recording of the same program, to be replayed with some tensors of its batch changed."""

    recording: Recording
    start: Mapping[str, Any]
    changed: Mapping[int, Any]


def _alike(
    once: Run, formulation: Formulation, prepared: Prepared, change: Replacement, seed: int
) -> list[_ReplayedSide] | None:
    """Run the formulation on each of the changed batches; None where it raises, or does other ops."""
    runs = [once]
    try:
        with frozen(seed) as world:
            for tensors in change:
                changed = replace(prepared, batch=with_tensors(prepared.batch, tensors))
                runs.append(world.run(partial(run, once.side, formulation, changed)))
    except GradcheckError:
        return None
    kinds = [op.type for op in once.recording.ops]
    if any([op.type for op in other.recording.ops] != kinds for other in runs[1:]):
        return None
    return [_ReplayedSide(each.recording, each.start, {}) for each in runs]


def _replayed(once: Run, prepared: Prepared, change: Replacement) -> list[_ReplayedSide]:
    own = {
        place: tensor_id(tensor) for place, tensor in leaves(prepared.batch) if isinstance(tensor, tf.Tensor)
    }
    return [
        _ReplayedSide(once.recording, once.start, {own[place]: tensor for place, tensor in tensors.items()})
        for tensors in ({}, *change)
    ]


class _ForgettingMachine(Machine):
    """A replay in float64 that forgets what no further op reads."""

    def __init__(self, side: _ReplayedSide) -> None:
        super().__init__(side.recording, side.start, float64=True)
        self._tensors.update({number: self._widened(tensor) for number, tensor in side.changed.items()})

    def forget(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._tensors.pop(number, None)


class _Moved:
    """What was seen of the tensors of the first recording, by number."""

    def __init__(self) -> None:
        self.moved: set[int] = set()
        self.shared: set[int] = set()
        self.mixed: set[int] = set()

    def note(self, number: int, values: Sequence[Array] | None, inputs: Sequence[int]) -> None:
        """Examine one tensor unchanged, with either group changed, and with both changed."""
        if values is None:  # a list of tensors, a handle: it holds what was put into it
            for known in (self.moved, self.shared, self.mixed):
                if not known.isdisjoint(inputs):
                    known.add(number)
            return
        if len({value.shape for value in values}) > 1:  # how many there are depends on the samples
            self.moved.add(number)
            self.shared.add(number)
            return
        moved, shared, mixed = _told_apart(*values)
        self.moved.update([number] if moved else [])
        self.shared.update([number] if shared else [])
        self.mixed.update([number] if mixed else [])


def _told_apart(own: Array, one: Array, other: Array, both: Array) -> tuple[bool, bool, bool]:
    """Return whether numbers change at all; some of them with either group; and other than by the sum."""
    size = np.maximum(np.maximum(np.abs(own), np.abs(one)), np.maximum(np.abs(other), np.abs(both)))
    with np.errstate(invalid="ignore", over="ignore"):
        by_one, by_other, by_both = (np.abs(each - own) for each in (one, other, both))
        least = _MOVED * size
        rest = np.abs(both - one - other + own)
        most = np.maximum(by_both, np.maximum(by_one, by_other))
        mixed = (rest > _MIXED * most) & (rest > 1e3 * least)
        shared = ((by_one > least) & (by_other > least)) | mixed
    return bool((most > least).any()), bool(shared.any()), bool(mixed.any())


def _measure(sides: Sequence[_ReplayedSide], seen: _Moved) -> bool:
    """Replay all `sides` op by op; return whether that was possible to the end."""
    machines = [_ForgettingMachine(side) for side in sides]
    first = sides[0].recording
    last = {number: op.index for op in first.ops for number in (*op.inputs, *op.outputs)}
    last[first.loss] = len(first.ops)
    looked: set[int] = set()
    try:
        for ops in zip(*(side.recording.ops for side in sides), strict=True):
            for machine, op in zip(machines, ops, strict=True):
                machine.run(op)
            for numbers in _numbers(ops, first, looked):
                values = _values(machines, numbers, first)
                seen.note(numbers[0], values, ops[0].inputs)
            done = [i for i, n in enumerate(ops[0].inputs) if last[n] == ops[0].index]
            for machine, op in zip(machines, ops, strict=True):
                machine.forget([op.inputs[i] for i in done])
    except (ReplayUnavailableError, tf.errors.OpError):
        return False
    return True


def _numbers(ops: Sequence[Op], first: Recording, looked: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield the tensors to look at after an op, by their numbers on each side: what it gave, and read first."""
    for numbers in zip(*(op.inputs for op in ops), strict=True):
        if first.producer(numbers[0]) is None and numbers[0] not in looked:
            looked.add(numbers[0])
            yield numbers
    yield from zip(*(op.outputs for op in ops), strict=True)


def _values(
    machines: Sequence[_ForgettingMachine], numbers: Sequence[int], first: Recording
) -> list[Array] | None:
    if first.tensors[numbers[0]].dtype in NO_NUMBERS:
        return None
    return [_plain(machine.tensor(number).numpy()) for machine, number in zip(machines, numbers, strict=True)]


def _plain(value: Any) -> Array:
    array = np.asarray(value)
    return array if array.dtype.kind == "c" else array.astype(np.float64)


def _coupling(recording: Recording, seen: _Moved) -> SampleCoupling:
    ops = [op for op in recording.ops if op.index in recording.contributing]
    meets = {op.index: op for op in ops if _first_of(op, seen.shared)}
    arrivals = {
        op.index: op
        for op in ops
        if any(number in seen.shared and recording.producer(number) is None for number in op.inputs)
    }
    meetings: dict[int, CoupledAt] = {}
    if recording.loss in seen.mixed:
        for after in ops:
            if _first_of(after, seen.mixed):
                for op in _sources(after, recording, seen.shared, {**meets, **arrivals}):
                    meetings.setdefault(op.index, CoupledAt(op, after, op.index in arrivals))
    return SampleCoupling(
        moved=frozenset(seen.moved),
        meets=frozenset(meets),
        meetings=tuple(meetings[index] for index in sorted(meetings)),
    )


def _first_of(op: Op, having: set[int]) -> bool:
    """Return whether `op` gives something that is in `having`, and is given nothing that is."""
    return not having.isdisjoint(op.outputs) and having.isdisjoint(op.inputs)


def _sources(after: Op, recording: Recording, shared: set[int], sources: Mapping[int, Op]) -> list[Op]:
    """Return the ops of `sources` from which what samples share has come to `after`."""
    found, seen, pending = [], set[int](), [after]
    while pending:
        op = pending.pop()
        if op.index in seen:
            continue
        seen.add(op.index)
        if op.index in sources:
            found.append(op)
        makers = (recording.producer(number) for number in op.inputs if number in shared)
        pending += [maker for maker in makers if maker is not None]
    return found

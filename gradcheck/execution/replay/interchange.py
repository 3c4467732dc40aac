"""The candidate replayed with quantities of the reference in place of its own."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.replay.adapting_machine import AdaptingMachine
from gradcheck.execution.replay.edit_ops import MisfitError, fitted
from gradcheck.execution.replay.machine import Machine
from gradcheck.execution.replay.points import UNABLE, Points, is_cut
from gradcheck.execution.replay.screen import Screen
from gradcheck.execution.tensorflow_internals import count_of_elements, known_shape
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.program.run import Run
from gradcheck.program.splice import Source, Splice, Spot
from gradcheck.program.work import Work, cost_of, replay_cost
from gradcheck.system.aborted_ops import unheard


class Interchange:
    """Puts quantities of one run in place of another's.

    Parameters
    ----------
    reference, candidate
        The runs.
    points
        Their quantities at both points, the reference's first.
    work
        Counts the ops that are replayed.
    """

    def __init__(self, reference: Run, candidate: Run, points: tuple[Points, Points], work: Work) -> None:
        self._runs = reference, candidate
        self._points = points
        self._work = work
        self._machine = _Spliced(candidate.recording, candidate.start)
        self._put_here = _Put(points[0].here.__getitem__)
        self._put_there = _Put(points[0].there.__getitem__)
        self._costs = [cost_of(op, candidate.recording) for op in candidate.recording.ops]
        self._cones: dict[tuple[tuple[Spot, bool], ...], Sequence[Op]] = {}

    @unheard
    def tried(self, splices: Sequence[Splice], number: int) -> Tried | None:
        """Return what a tensor of the candidate is with the splices in place; None where it cannot be run so.

        Only what follows from the spots is run again, and at the second point only if that is asked for: most of
        what is tried is refuted at the first.
        """
        cone = self._cone(tuple(splices))
        self._work.spend(2 * sum(self._costs[op.index] for op in cone))
        points = self._points[1].here
        try:
            here = self._machine.run_cone(cone, splices, points, self._put_here, None)
            first = _array(here.get(number, points[number]))
        except UNABLE:
            return None
        return Tried(first, functools.partial(self._there, cone, splices, number, here))

    @unheard
    def _there(
        self, cone: Sequence[Op], splices: Sequence[Splice], number: int, here: Mapping[int, Any]
    ) -> Array | None:
        points = self._points[1].there
        try:
            there = self._machine.run_cone(cone, splices, points, self._put_there, here)
            return _array(there.get(number, points[number]))
        except UNABLE:
            return None

    def wanted(self, splice: Splice) -> dict[int, Array]:
        """Return what the tensors that a splice replaces are with it in place, by number.

        Empty where it is put in place for some readers only, or does not fit.
        """
        if splice.spot.reads or splice.source.keeps:
            return {}
        try:
            values = self._put_here.runs(splice.source, len(splice.spot.ops))
        except UNABLE:
            return {}
        numbers = splice.spot.numbers(self._runs[1].recording)
        return {number: _array(value) for number, value in zip(numbers, values, strict=True)}

    def screen(self, splice: Splice, work: Work) -> Screen:
        """Return what tells which edits of the candidate give the numbers that a splice gives."""
        reference, candidate = self._runs
        loss = _array(self._points[0].here[reference.recording.loss])
        wanted = {candidate.recording.loss: loss, **self.wanted(splice)}
        return Screen(candidate.recording, candidate.start, self._points[1].here, wanted, work)

    def _cone(self, splices: tuple[Splice, ...]) -> Sequence[Op]:
        """Return the contributing ops that follow from what is spliced in."""
        known = tuple((one.spot, one.source.keeps) for one in splices)
        if known not in self._cones:
            recording = self._runs[1].recording
            replaced = {
                n for spot, keeps in known if not (spot.reads or keeps) for n in spot.numbers(recording)
            }
            readers = {index for spot, keeps in known if spot.reads or keeps for index in spot.ops}
            dirty = set(replaced)
            cone = []
            for op in recording.ops:
                if op.index not in recording.contributing:
                    continue
                if op.index in readers or any(number in dirty for number in op.inputs):
                    made = set(op.outputs) - replaced
                    dirty |= made
                    if made:
                        cone.append(op)
            self._cones[known] = cone
        return self._cones[known]


@unheard
def spliced_gradients(
    runs: tuple[Run, Run], splices: Sequence[Splice], work: Work, *, float64: bool = True
) -> list[Array | None] | None:
    """Return the candidate's gradients with the splices in place; None where it cannot be run so.

    They are those in float64, or as the programs run.

    What is put in place is the reference's own quantity, so that the gradient goes on into the reference.
    """
    reference, candidate = (run.recording for run in runs)
    work.spend(2 * (replay_cost(reference) + replay_cost(candidate)))
    source = Machine(reference, runs[0].start, float64=float64)
    machine = _Spliced(candidate, runs[1].start, float64=float64)
    try:
        with tf.GradientTape() as tape:
            leaves = source.watched(tape)
            for op in reference.ops:
                source.run(op)
            machine.take_leaves_of(source)
            machine.splice(splices, _Put(source.tensor))
            for op in candidate.ops:
                machine.run(op)
            loss = machine.tensor(candidate.loss)
        if tf.size(loss) != 1:
            return None
        return fitted(dense_gradients, tape, loss, leaves)  # type: ignore[no-any-return]
    except UNABLE:
        return None


@dataclass(frozen=True)
class Tried:
    """What a tensor is with splices in place, at the first point; and at the second, once that is asked for."""

    here: Array
    there: Callable[[], Array | None]


class _Spliced(AdaptingMachine):
    """A replay in which some tensors are others."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], *, float64: bool = True) -> None:
        super().__init__(recording, start, float64=float64)
        self._below: Mapping[int, Any] = {}
        self._instead: dict[int, Any] = {}
        self._read_instead: dict[tuple[int, int], Any] = {}
        self._besides: dict[int, list[tuple[Any, int | None]]] = {}
        self._cut_at: Mapping[int, Any] | None = None

    def take_leaves_of(self, other: Machine) -> None:
        self.leaves = other.leaves

    def run_cone(
        self,
        cone: Sequence[Op],
        splices: Sequence[Splice],
        below: Mapping[int, Any],
        put: _Put,
        cut_at: Mapping[int, Any] | None,
    ) -> dict[int, Any]:
        """Run what follows from the splices; with `cut_at`, what is cut is what it was there."""
        self._tensors, self.changed, self._below, self._cut_at = {}, set(), below, cut_at
        self.splice(splices, put)
        for op in cone:
            self.run(op)
        return self._tensors

    def splice(self, splices: Sequence[Splice], put: _Put) -> None:
        """Put tensors of the reference in place."""
        self._instead, self._read_instead, self._besides = {}, {}, {}
        for one in splices:
            values = put.runs(one.source, len(one.spot.ops))
            if one.source.keeps:
                for number, value in zip(one.spot.numbers(self._recording), values, strict=True):
                    self._besides.setdefault(number, []).append((value, one.source.where))
            elif one.spot.reads:
                places = ((index, one.spot.slot) for index in one.spot.ops)
                self._read_instead.update(zip(places, values, strict=True))
            else:
                self._instead.update(zip(one.spot.numbers(self._recording), values, strict=True))
        self._tensors.update(self._instead)
        self.changed.update(self._instead)

    def tensor(self, number: int) -> Any:
        if number not in self._tensors and number in self._below:
            return self._below[number]
        return super().tensor(number)

    def run(self, op: Op) -> None:
        if op.outputs and all(number in self._instead for number in op.outputs):
            return
        self.follow_lengths(op)
        instead = {
            slot: self._read_instead[op.index, slot]
            for slot in range(len(op.inputs) if self._read_instead else 0)
            if (op.index, slot) in self._read_instead
        }
        dirty = bool(instead) or not self.changed.isdisjoint(op.inputs)
        besides = not self._besides.keys().isdisjoint(op.outputs)
        if not op.outputs or not (dirty or besides) or self.keeps_state(op):
            super().run(op)
            self.changed.update(op.outputs if dirty else ())
        elif self._cut_at is not None and is_cut(op, self._recording):
            self._keep(op, [self._cut_at[number] for number in op.outputs])
        else:
            given = [
                instead[slot] if slot in instead else self.tensor(number)
                for slot, number in enumerate(op.inputs)
            ]
            self._keep(op, self.adapted(op, op.type, given))

    def _keep(self, op: Op, outputs: Sequence[Any]) -> None:
        made = {n: self._with_besides(n, value) for n, value in zip(op.outputs, outputs, strict=True)}
        self._tensors.update((n, value) for n, value in made.items() if n not in self._instead)
        self.changed.update(op.outputs)

    def _with_besides(self, number: int, own: Any) -> Any:
        """Return what an op gives, with what is added to it or put in some places of it."""
        for value, where in self._besides.get(number, ()):
            if where is None:
                own = own + value
            else:
                places = tf.where(tf.cast(self.tensor(where), tf.bool))
                rows = tf.reshape(value, (-1, *own.shape[places.shape[1] :]))
                own = tf.tensor_scatter_nd_update(own, places, rows)
        return own


_KEPT = 2**20
"""How many numbers of the reference are kept together, but for those that were put in place last."""


class _Put:
    """Makes what is put in place of tensors of the reference.

    Parameters
    ----------
    reference
        Returns a tensor of it by number.
    """

    def __init__(self, reference: Callable[[int], Any]) -> None:
        self._reference = reference
        self._kept: dict[Source, Any] = {}
        self._room = _KEPT

    def runs(self, source: Source, runs: int) -> list[Any]:
        """Return what is put in place, one for each run of the spot."""
        whole = self._whole(source)
        if source.factor != 1:
            whole = source.factor * whole
        if source.shape is None:
            return [whole] * runs
        if count_of_elements(whole) != runs * math.prod(source.shape):
            raise MisfitError("another number of elements")
        if runs == 1:
            whole = _in_shape(whole, source.shape, source.axis)
            return [whole if source.turned is None else tf.reverse(whole, [source.turned])]
        whole = _in_shape(whole, (runs, *source.shape), source.axis + 1 if source.axis else 0)
        runs_apart: list[Any] = tf.unstack(whole, num=runs)
        return runs_apart

    def _whole(self, source: Source) -> Any:
        """Return all tensors of a source as one. They are kept: each is tried with several factors and spots."""
        key = replace(source, factor=1.0, shape=None, axis=0, turned=None, added=False)
        if key not in self._kept:
            whole = self._together(source)
            if count_of_elements(whole) > self._room:
                self._kept, self._room = {}, _KEPT
            self._kept[key] = whole
            self._room -= count_of_elements(whole)
        return self._kept[key]

    def _together(self, source: Source) -> Any:
        tensors = [self._weighted(number, source) for number in source.numbers]
        if source.where is not None:  # runs of several lengths
            return tf.concat([tf.reshape(tensor, (-1,)) for tensor in tensors], axis=0)
        if source.backwards:
            tensors = tensors[::-1]
        if not tensors:
            tensors = [tf.ones((), tf.float64)]
        whole = tensors[0] if len(tensors) == 1 else tf.stack(tensors)
        return tf.reduce_sum(whole) if source.total else whole

    def _weighted(self, number: int, source: Source) -> Any:
        tensor = self._reference(number)
        if source.weights is None:
            return tensor
        weights = source.weights.of.get(number)
        return tf.zeros_like(tensor) if weights is None else tensor * tf.constant(weights, tensor.dtype)


def _in_shape(whole: Any, shape: Shape, axis: int) -> Any:
    """Return a tensor in a shape, in which its first axis lies along another one."""
    if axis == 0:
        return whole if known_shape(whole) == shape else tf.reshape(whole, shape)
    first = (shape[axis], *shape[:axis], *shape[axis + 1 :])
    order = [*range(1, axis + 1), 0, *range(axis + 1, len(shape))]
    return tf.transpose(tf.reshape(whole, first), order)


def _array(tensor: Any) -> Array:
    array: Array = tensor.numpy()
    return array

"""A program's run on a batch beside its runs on single samples: what corresponds, and what may be held fixed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.program.ops import ASK_FOR_SHAPE
from gradcheck.program.queries import made_before
from gradcheck.program.recording import Op, Recording, SampleCoupling, Shape


@dataclass(frozen=True, slots=True)
class Output:
    """One output of one op, by position: another run of the same program has it, too."""

    index: int
    slot: int


class SampleRuns:
    """The tensors of a run on a batch, and those of runs of the same program on some of its samples each.

    Parameters
    ----------
    batch
        The run on the batch.
    apart
        The other runs, one after the other, in one recording.
    samples
        How many samples the batch has.
    counts
        How many samples each of the other runs has.
    """

    def __init__(self, batch: Recording, apart: Recording, samples: int, counts: Sequence[int]) -> None:
        self._batch, self._apart = batch, apart
        self._samples, self._counts = samples, counts
        self._numbers = dict(self._aligned())

    def _aligned(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield the outputs of each op beside those of the op that every other run has in its place.

        What an expression calls another number of times per run, as a loop over the samples does, is left out.
        """
        for site, ops in self._batch.at_site.items():
            others = self._apart.at_site.get(site, ()) if site is not None else ()
            for kind in {op.type for op in ops}:
                mine = [op for op in ops if op.type == kind]
                theirs = [op for op in others if op.type == kind]
                if len(theirs) == len(mine) * len(self._counts):
                    for at, op in enumerate(mine):
                        yield from _outputs(op, theirs[at :: len(mine)])

    def of(self, number: int) -> tuple[int, ...]:
        """Return what corresponds to a tensor of the batch in each run; empty where that is not known."""
        return self._numbers.get(number, ())

    def is_whole(self, number: int) -> bool:
        """Return whether a tensor has the same shape in every run: it has no rows that belong to samples."""
        own, others = self._shapes(number)
        return bool(others) and all(shape == own for shape in others)

    def has_rows(self, number: int) -> bool:
        """Return whether the shape of a tensor follows the number of samples."""
        _, others = self._shapes(number)
        return bool(others) and not self.is_whole(number)

    def axis(self, number: int) -> int | None:
        """Return the axis along which a tensor has a row for each sample; None where it has none, or several."""
        own, others = self._shapes(number)
        axes = [axis for axis, length in enumerate(own) if any(_length(s, axis) != length for s in others)]
        if len(axes) != 1 or not others or own[axes[0]] != self._samples:
            return None
        (axis,) = axes
        fits = all(
            shape == (*own[:axis], count, *own[axis + 1 :])
            for shape, count in zip(others, self._counts, strict=True)
        )
        return axis if fits else None

    def _shapes(self, number: int) -> tuple[Shape, list[Shape]]:
        return self._batch.tensors[number].shape, self._apart.shapes(self.of(number))


def _length(shape: Shape, axis: int) -> int | None:
    return shape[axis] if axis < len(shape) else None


def _outputs(op: Op, others: Sequence[Op]) -> Iterator[tuple[int, tuple[int, ...]]]:
    if all(len(other.outputs) == len(op.outputs) for other in others):
        for slot, number in enumerate(op.outputs):
            yield number, tuple(other.outputs[slot] for other in others)


def to_hold(batch: Recording, runs: SampleRuns, coupling: SampleCoupling) -> tuple[Output, ...]:
    """Return what couples the samples of a batch and can be held at the batch's values in runs on single ones.

    That is: a figure of all samples where samples are combined with it again, or where what a gradient passes is
    and none passes the figure; and what samples were combined to row by row, if no gradient passes it.
    """
    passed = _passed_by_gradients(batch)
    found: dict[Output, None] = {}
    for op in batch.ops:
        if op.index not in batch.contributing:
            continue
        figures = [n for n in dict.fromkeys(op.inputs) if n in coupling.moved and runs.is_whole(n)]
        again = op.outputs and runs.has_rows(op.outputs[0])
        fixed = [n for n in figures if n not in passed] if not passed.isdisjoint(op.outputs) else []
        combined = [
            n
            for n in (op.outputs if op.index in coupling.meets else ())
            if n not in passed and runs.axis(n) is not None
        ]
        for number in [*(figures if again else fixed), *combined]:
            maker = batch.producer(number)
            if maker is not None:
                found[Output(maker.index, maker.outputs.index(number))] = None
    return tuple(found)


def _passed_by_gradients(recording: Recording) -> frozenset[int]:
    """Return the tensors that a gradient passes on its way from the loss to a variable."""
    forward = set(recording.reads)
    for op in recording.ops:
        if op.type not in ASK_FOR_SHAPE | {"StopGradient"} and not forward.isdisjoint(op.inputs):
            forward.update(number for number in op.outputs if recording.tensors[number].floating)
    backward, pending = {recording.loss}, [recording.loss]
    while pending:
        maker = recording.producer(pending.pop())
        if maker is not None and maker.type != "StopGradient":
            new = set(maker.inputs) - backward
            backward |= new
            pending += new
    return frozenset(forward & backward)


def combined_in(held: Sequence[Output], batch: Recording, coupling: SampleCoupling) -> list[Op]:
    """Return the ops in which samples were combined to what is held, or what made it where none was seen."""
    found = set[int]()
    for one in held:
        made = made_before([batch.ops[one.index].outputs[one.slot]], batch)
        met = {op.index for op in batch.ops if op.index in coupling.meets and not made.isdisjoint(op.outputs)}
        found |= met or {one.index}
    return [op for op in batch.ops if op.index in found]

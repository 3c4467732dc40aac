"""Both sides with some values of the batch held fixed: on the batch, and on its single samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.unavailable import ReplayUnavailableError
from gradcheck.execution.replay.machine import replay
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.program.recording import Recording, SampleCoupling
from gradcheck.program.run import Run
from gradcheck.program.sample_runs import Output, SampleRuns, to_hold

Counts = Callable[[int], Sequence[int]]
"""How many samples each run of the reference has, by how many the batch has."""


def can_be_held(pair: FormulationPair, counts: Counts, coupling: SampleCoupling) -> tuple[Output, ...]:
    """Return what couples the samples in the candidate and can be held fixed."""
    batch = pair.runs[1]
    return to_hold(batch.recording, _sample_runs(pair, counts), coupling) if batch.direct else ()


def holding(pair: FormulationPair, counts: Counts, held: Sequence[Output]) -> FormulationPair | None:
    """Return `pair` with values of the batch as constants, in the candidate and in each run of the reference.

    A run on single samples gets its own rows of what has a row for each, and all of the rest.

    Returns
    -------
    FormulationPair or None
        None where the candidate runs other ops than those that `held` is about, or cannot be replayed.
    """
    batch, apart = (run.recording for run in reversed(pair.runs))
    runs = _sample_runs(pair, counts)
    own: dict[int, tuple[int, Tensor]] = {}
    theirs: dict[int, tuple[int, Tensor]] = {}
    unused = max([*batch.tensors, *apart.tensors]) + 1
    for one in held:
        if one.index >= len(batch.ops) or one.slot >= len(batch.ops[one.index].outputs):
            return None
        number = batch.ops[one.index].outputs[one.slot]
        parts = _parts(batch.values[number], number, runs, counts(_samples(pair)))
        if not parts:
            return None
        own[number] = unused, batch.values[number]
        unused += 1
        for other, part in zip(runs.of(number), parts, strict=True):
            theirs[other] = (own[number][0] if runs.is_whole(number) else unused), part
            unused += 1
    try:
        sides = _with_constants(pair.runs[0], theirs), _with_constants(pair.runs[1], own)
    except ReplayUnavailableError:
        return None
    return replace(pair, runs=sides, again=partial(_again, pair, counts, held))


def _again(
    first: FormulationPair, counts: Counts, held: Sequence[Output], other: FormulationPair
) -> FormulationPair | None:
    """Return the same of another batch; None where the candidate does not run the same ops."""
    kinds = ([op.type for op in pair.runs[1].recording.ops] for pair in (first, other))
    return holding(other, counts, held) if next(kinds) == next(kinds) else None


def _samples(pair: FormulationPair) -> int:
    return pair.prepared.sample_axis().length


def _sample_runs(pair: FormulationPair, counts: Counts) -> SampleRuns:
    apart, batch = (run.recording for run in pair.runs)
    return SampleRuns(batch, apart, _samples(pair), counts(_samples(pair)))


def _parts(value: Tensor, number: int, runs: SampleRuns, counts: Sequence[int]) -> list[Any]:
    if runs.is_whole(number):
        return [value] * len(counts)
    axis = runs.axis(number)
    if axis is None:
        return []
    # Each run begins with the sample after that of the one before; one of several begins anew.
    starts = [at if count == 1 else 0 for at, count in enumerate(counts)]
    whole = (slice(None),) * axis
    return [value[(*whole, slice(at, at + count))] for at, count in zip(starts, counts, strict=True)]


def _with_constants(run: Run, values: Mapping[int, tuple[int, Tensor]]) -> Run:
    recording = _reading(run.recording, values)
    replayed = replay(recording, run.start, float64=False)
    return replace(
        run,
        recording=recording,
        value=replayed.value,
        gradients=replayed.gradients,
        known=(replayed.value, recording.loss),
    )


def _reading(recording: Recording, values: Mapping[int, tuple[int, Tensor]]) -> Recording:
    """Return the recording whose ops read constants, by number, in place of some tensors."""
    instead = {number: constant for number, (constant, _) in values.items()}
    ops = tuple(
        replace(op, inputs=tuple(instead.get(number, number) for number in op.inputs)) for op in recording.ops
    )
    known = {instead[number]: recording.tensors[number] for number in values}
    return replace(
        recording,
        ops=ops,
        tensors={**recording.tensors, **known},
        values={**recording.values, **dict(values.values())},
    )

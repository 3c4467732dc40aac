"""A case without a reference: the candidate on its batch is compared with itself on single samples."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.causes._evidence import Evidence
from gradcheck.comparison.accidental_pairing import pairings, proof, suspected, together
from gradcheck.comparison.coupled_samples import accidents, in_words
from gradcheck.comparison.held_samples import (
    NEEDS_ONE,
    as_meant,
    held_in_words,
    places,
    rest,
    where,
    with_held,
)
from gradcheck.comparison.report import Report, could_not_check
from gradcheck.comparison.searched import Propose
from gradcheck.comparison.second_batch import Another
from gradcheck.comparison.wording_without_reference import worded
from gradcheck.errors import CaseError, SingleSampleError
from gradcheck.execution.run.changed_samples import equal_rows
from gradcheck.execution.run.errors_by_side import errors_by_side
from gradcheck.execution.run.held import can_be_held, holding
from gradcheck.execution.run.pair import FormulationPair, run_pair
from gradcheck.execution.run.per_sample import BatchReduction, counts_of, with_reference
from gradcheck.execution.run.prepare import prepare
from gradcheck.execution.run.sample_coupling import coupling
from gradcheck.findings import Finding
from gradcheck.judgement.differences import norm, state
from gradcheck.judgement.verdict import Judgement, overall
from gradcheck.options import Options
from gradcheck.program.ops import REDUCTIONS
from gradcheck.program.recording import Op, SampleCoupling
from gradcheck.program.run import Run
from gradcheck.program.sample_runs import Output
from gradcheck.repair.proposal import Proposal
from gradcheck.targets.samples import SampleAxis


class _Compared(Protocol):
    def __call__(
        self, pair: FormulationPair, options: Options, another: Another | None, propose: Propose
    ) -> Report: ...


@dataclass(frozen=True)
class Comparison:
    """How two sides are judged and compared, including the explanation: as for any other case."""

    held: Callable[[FormulationPair], list[Judgement]]
    compared: _Compared


def against_itself(case: Case, options: Options, another: Another | None, comparison: Comparison) -> Report:
    """Compare the gradient of the batch with the mean, or else the sum, of the gradients of its single samples.

    Raises
    ------
    CaseError
        The case says that its samples are coupled, or the sample axis is not clear.

    Notes
    -----
    ``consistent`` establishes that a sample's part in the gradient does not depend on the others of this
    batch. What is wrong in the loss of one sample, it does not show. ``different`` is said only where samples
    that were meant one by one meet by accident, and the gradients agree once they do not.
    """
    if case.couples_samples:
        raise CaseError(
            "the case says that its loss couples samples, and there is no reference to compare with"
        )
    axis = prepare(case).sample_axis()
    if axis.length < 2:
        said = "the batch has a single sample, so nothing was compared; give it two or more"
        return could_not_check(case.title, said)
    return _Alone(case, axis, options, another, comparison).report()


class _Alone:
    def __init__(
        self, case: Case, axis: SampleAxis, options: Options, another: Another | None, comparison: Comparison
    ) -> None:
        self._case, self._axis, self._options = case, axis, options
        self._another, self._comparison = another, comparison

    def report(self) -> Report:
        mean = self._mean_or_error()
        if isinstance(mean, SingleSampleError):
            return self._unrunnable(mean)
        if not self._differs(mean):
            return self._finished(mean, "mean")
        if _is_times(mean, self._axis.length):
            added = self._run("sum")
            if not self._differs(added):
                return self._finished(added, "sum")
        return self._unlike(mean)

    def _mean_or_error(self) -> FormulationPair | SingleSampleError:
        try:
            return self._run("mean")
        except SingleSampleError as error:
            return error

    def _unrunnable(self, error: SingleSampleError) -> Report:
        """Return the report on a candidate that cannot be run on single samples, if it can be on the batch."""
        on_batch = errors_by_side(self._case, self._options.seed).get("candidate")
        if on_batch is not None:
            raise on_batch
        return self._undecided(str(error), [])

    def _run(self, kind: BatchReduction) -> FormulationPair:
        return run_pair(with_reference(self._case, kind, self._axis), self._options.seed, self._options.watch)

    def _differs(self, pair: FormulationPair) -> bool:
        return overall([judgement.verdict for judgement in self._comparison.held(pair)]) == "different"

    def _compared(self, pair: FormulationPair, kind: BatchReduction, propose: Propose) -> Report:
        another = self._another
        fresh = None
        if another is not None:
            fresh = replace(another, make=lambda seed: _with_reference(another.make(seed), kind))
        return worded(self._comparison.compared(pair, self._options, fresh, propose), kind, self._axis.length)

    def _finished(self, pair: FormulationPair, kind: BatchReduction) -> Report:
        """Return the report on gradients that agree; where that proves nothing about pairing, it says so."""
        report = self._compared(pair, kind, _nothing)
        equal = equal_rows(pair.prepared.batch, self._axis)
        if report.verdict != "consistent" or not equal:
            return report
        same = f"all samples are the same in {', '.join(f'`{place}`' for place in equal)}"
        measured = coupling(pair.runs[1], self._case.candidate, pair.prepared, self._options.seed)
        if measured is None:
            return replace(report, reason=f"{report.reason}; {same}: a wrong pairing would not be noticed")
        recording = pair.runs[1].recording
        paired = [meeting for meeting in measured.meetings if meeting.op.type not in REDUCTIONS]
        if paired:
            said = (
                f"{same}, so this batch does not show what is paired with what: on other values, samples are "
                "combined"
            )
            why = f"{said}: {in_words(paired[0], recording)}"
            return replace(report, verdict="inconclusive", reason=why)
        if measured.meetings:
            met = in_words(measured.meetings[0], recording)
            return replace(
                report, reason=f"{report.reason}; {same}: on other values, samples are combined: {met}"
            )
        return report

    def _unlike(self, pair: FormulationPair) -> Report:
        """Return the report on a batch whose gradient is neither the mean nor the sum of its samples'."""
        if _is_finite(pair.runs[0]) and not _is_finite(pair.runs[1]):
            return self._compared(pair, "mean", _nothing)
        if _draws(pair):
            report = self._compared(pair, "mean", _nothing)
            if report.verdict == "inconclusive":
                return report
        measured = coupling(pair.runs[1], self._case.candidate, pair.prepared, self._options.seed)
        if measured is None:
            return self._undecided(_unmeasured(pair), [])
        return self._located(pair, measured)

    def _located(self, pair: FormulationPair, measured: SampleCoupling) -> Report:
        ops = accidents(pair.runs[1].recording, measured)
        kind = proof(pair, ops, self._axis.length)
        if kind is not None:
            return self._by_accident(pair if kind == "mean" else self._run(kind), kind, ops)
        held = can_be_held(pair, counts_of("mean"), measured)
        beyond = self._beyond(held) if held else None
        told = held_in_words(held, pair.runs[1].recording, measured)
        if isinstance(beyond, Report) and beyond.verdict == "different":
            return with_held(beyond, told)
        if not measured.meetings and self._axis.length > 2:
            with contextlib.suppress(SingleSampleError):
                once = self._run("once")
                if not self._differs(once):
                    return self._finished(once, "once")
        why = where(measured, pair.runs[1].recording) + rest(beyond)
        if not _is_finite(pair.runs[0]):
            said = "on single samples the loss, or its gradient, is not finite"
            why = f"{said}; {why}" if measured.meetings else said
        undecided = self._undecided(why, suspected(pair, ops))
        meant = with_held(beyond, told) if isinstance(beyond, Report) else None
        coupled = places(measured, held if meant else (), pair.runs[1].recording)
        return as_meant(replace(undecided, coupled_at=coupled, if_meant=meant))

    def _beyond(self, held: Sequence[Output]) -> Report | str | None:
        """Return what the comparison gives with values of the batch held fixed.

        Returns
        -------
        Report, str or None
            The report where all else agrees, or samples are combined by accident; else where they are combined
            further, "" where that is not known; None where nothing can be compared so.
        """
        mean: FormulationPair | None = None
        kinds: tuple[BatchReduction, ...] = ("mean", "sum", "once")
        for kind in kinds[: 3 if self._axis.length > 2 else 2]:
            pair = self._holding(kind, held)
            if pair is None or not all(map(_moves, pair.runs)):
                return None
            if not self._differs(pair):
                return self._compared(pair, kind, _nothing)
            mean = mean or pair
        assert mean is not None
        recording = mean.runs[1].recording
        measured = coupling(mean.runs[1], None, mean.prepared, self._options.seed)
        if measured is None:
            return ""
        ops = accidents(recording, measured)
        proved = proof(mean, ops, self._axis.length)
        if proved is None:
            return in_words(measured.meetings[0], recording) if measured.meetings else ""
        pair = mean if proved == "mean" else self._holding(proved, held)
        return None if pair is None else self._by_accident(pair, proved, ops)

    def _holding(self, kind: BatchReduction, held: Sequence[Output]) -> FormulationPair | None:
        try:
            return holding(self._run(kind), counts_of(kind), held)
        except SingleSampleError:  # on two samples it may raise though it does not on one
            return None

    def _by_accident(self, pair: FormulationPair, kind: BatchReduction, ops: Sequence[Op]) -> Report:
        report = self._compared(pair, kind, lambda evidence: pairings(evidence, ops))
        spans = {op.span for op in ops}
        told = tuple(f for f in report.findings if f.cause != "broadcast" or f.span in spans)
        return replace(report, findings=told)

    def _undecided(self, why: str, findings: Sequence[Finding]) -> Report:
        report = could_not_check(self._case.title, why)
        return replace(report, findings=tuple(findings), alone=True)


def _with_reference(case: Case, kind: BatchReduction) -> Case:
    return with_reference(case, kind, prepare(case).sample_axis())


def _nothing(_: Evidence) -> list[Proposal]:
    return []


def _is_finite(run: Run) -> bool:
    gradients = all(state(gradient) != "non-finite" for gradient in run.gradients)
    return gradients and bool(np.isfinite(run.value))


def _moves(run: Run) -> bool:
    """Return whether a run has gradients to compare: finite, and not all zero."""
    return _is_finite(run) and any(state(gradient) not in ("none", "zero") for gradient in run.gradients)


def _draws(pair: FormulationPair) -> bool:
    return pair.draws != "none"


def _exact(pair: FormulationPair, side: int) -> list[Array | None]:
    """Return the gradients of a side in float64, or in their own precision if that is not available."""
    float64 = pair.float64[side].gradients
    return pair.runs[side].gradients if float64 is None else float64


_SAME_SCALE = 1e-3


def _is_times(pair: FormulationPair, samples: int) -> bool:
    """Return whether the candidate's gradient as a whole is n times that of the mean."""
    mean, batch = (_exact(pair, side) for side in (0, 1))
    apart = together(batch, mean) - samples * together(mean, batch)
    return norm(apart) <= _SAME_SCALE * norm(together(batch, mean))


def _unmeasured(pair: FormulationPair) -> str:
    why = pair.float64[1].reason or "it is too large, or cannot be run with other samples"
    return (
        "the gradient of the batch is neither the mean nor the sum of its samples' gradients, and where "
        f"samples are combined cannot be measured: {why}; {NEEDS_ONE}"
    )

"""A case is recorded, judged and explained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from gradcheck.case import Case
from gradcheck.coupling import couples_samples
from gradcheck.errors import CaseError
from gradcheck.execution.both import Both, run_both
from gradcheck.execution.precise import jittered_gradients
from gradcheck.execution.run import Run
from gradcheck.execution.single import with_reference
from gradcheck.explaining import explain
from gradcheck.judgement.differences import Array, state
from gradcheck.judgement.reduced import reduced
from gradcheck.judgement.verdict import (
    Judgement,
    Sides,
    Verdict,
    all_rounding,
    drowned,
    is_invisible,
    judge,
    overall,
    undecided,
)
from gradcheck.options import Options
from gradcheck.recording import Op
from gradcheck.report.report import LossReport, Report, SearchReport, VariableReport, could_not_check
from gradcheck.report.wording import reason
from gradcheck.search import Search
from gradcheck.second import Another, fresh_batches
from gradcheck.source import read_anew


def compare(case: Case, options: Options, another: Another | None = None) -> Report:
    """Record, judge and explain one case.

    Parameters
    ----------
    another
        Makes the case anew, with another batch. Where nobody can, or it is the same batch again, others are drawn
        from the samples of the first.
    """
    read_anew()
    if case.reference is None:
        return _against_itself(case, options, another)
    return _compared(run_both(case, options.seed, options.watch), options, another)


def _compared(both: Both, options: Options, another: Another | None) -> Report:
    judgements = _judgements(both)
    if overall([judgement.verdict for judgement in judgements]) == "different" and _all_rounding(both):
        judgements = [drowned(judgement) for judgement in judgements]
    verdict, why_not = _verdict(both, judgements)
    explanation = explain(both, verdict, lambda: fresh_batches(both, options.seed, another), options)
    if explanation.incomparable:
        verdict, why_not = "inconclusive", "the formulations do not see the same random numbers"
        judgements = [undecided(judgement) for judgement in judgements]
    variables = _variables(both, judgements)
    return Report(
        name=both.case.name or "case",
        verdict=verdict,
        reason=why_not or reason(verdict, variables) + _without_float64(both),
        losses={run.side: _loss(run) for run in both.runs},
        variables=variables,
        findings=explanation.findings,
        search=_searched(explanation.search),
    )


def _searched(search: Search | None) -> SearchReport | None:
    return None if search is None else SearchReport(search.tried, search.work.spent, search.cut)


def _against_itself(case: Case, options: Options, another: Another | None) -> Report:
    """Hold the candidate against the mean, or else the sum, of itself on single samples."""
    if case.couples_samples:
        raise CaseError("the loss couples its samples, as the case says, and there is no reference")
    kind: Literal["mean", "sum"] = "mean"
    both = run_both(with_reference(case, kind), options.seed, options.watch)
    if _is_sum(_judgements(both), both.prepared.samples):
        kind = "sum"
        both = run_both(with_reference(case, kind), options.seed, options.watch)
    coupled = couples_samples(both.runs[1].recording, both.prepared.samples)
    if coupled is not None and overall([j.verdict for j in _judgements(both)]) != "equivalent":
        return _coupled(case, both, *coupled)
    report = _compared(
        both,
        options,
        None
        if another is None
        else replace(another, make=lambda seed: with_reference(another.make(seed), kind)),
    )
    described = f"the {kind} of the candidate's losses on {both.prepared.samples} single samples"
    reference = replace(report.losses["reference"], description=described)
    return replace(report, losses={**report.losses, "reference": reference})


def _is_sum(judgements: Sequence[Judgement], samples: int) -> bool:
    """Return whether the candidate's gradients are n times those of the mean."""
    scales = [j.difference.scale for j in judgements if j.verdict != "vacuous"]
    return all(scale is not None and abs(scale / samples - 1) < _SAME_SCALE for scale in scales) and bool(
        scales
    )


_SAME_SCALE = 1e-3


def _coupled(case: Case, both: Both, op: Op, words: str) -> Report:
    place = f"`{op.span.text}` ({op.span.place})" if op.span else op.type
    return could_not_check(
        case.name or "case",
        f"{place} {words}: a loss that is meant to couple samples cannot be held against itself on single "
        "samples and needs a reference (if it is not meant to, this expression is the one to change)",
    )


def _judgements(both: Both) -> list[Judgement]:
    native = _paired(*(run.gradients for run in both.runs))
    reference, candidate = both.precise
    if reference.gradients is None or candidate.gradients is None:
        return judge(native, None)
    off = list(zip(reference.off, candidate.off, strict=True))
    return judge(native, _paired(reference.gradients, candidate.gradients), off)


def _all_rounding(both: Both) -> bool:
    """Return whether both gradients are zero on paper; looked at only before a difference is claimed."""
    exact = [side.gradients for side in both.precise if side.gradients is not None]
    if len(exact) < 2:
        return False
    if all(
        is_invisible(gradients, _weights(run), run.value)
        for gradients, run in zip(exact, both.runs, strict=True)
    ):
        return True
    native, jittered = ([run.gradients for run in both.runs], [jittered_gradients(run) for run in both.runs])
    return all_rounding(*(_paired(*sides) for sides in (native, exact, jittered)))


def _weights(run: Run) -> list[Array]:
    return [np.asarray(value) for value in run.start.values()]


def _paired(reference: Sequence[Array | None], candidate: Sequence[Array | None]) -> list[Sides]:
    return [Sides(*pair) for pair in zip(reference, candidate, strict=True)]


def _verdict(both: Both, judgements: Sequence[Judgement]) -> tuple[Verdict, str]:
    """Return the verdict, and the reason where there is nothing to hold against: a loss that is no number."""
    reference, candidate = both.runs
    if math.isfinite(reference.value):
        return overall([judgement.verdict for judgement in judgements]), ""
    which = "the reference's loss is" if math.isfinite(candidate.value) else "both losses are"
    return "inconclusive", f"{which} not finite ({reference.value}): there is nothing to compare with"


def _variables(both: Both, judgements: Sequence[Judgement]) -> tuple[VariableReport, ...]:
    gradients = zip(*(run.gradients for run in both.runs), strict=True)
    return tuple(
        VariableReport(
            path=path,
            shape=tuple(variable.shape.as_list()),
            dtype=variable.dtype.name,
            states=(state(reference), state(candidate)),
            judgement=judgement,
            gradients=reduced(reference, candidate),
        )
        for (path, variable), (reference, candidate), judgement in zip(
            both.prepared.variables.items(), gradients, judgements, strict=True
        )
    )


def _without_float64(both: Both) -> str:
    reasons = {
        run.side: precise.reason
        for run, precise in zip(both.runs, both.precise, strict=True)
        if precise.gradients is None
    }
    if not reasons:
        return ""
    sides = " and the ".join(reasons)
    return (
        "; judged by a fixed tolerance, since float64 is unavailable for the "
        f"{sides}: {'; '.join(dict.fromkeys(reasons.values()))}"
    )


def _loss(run: Run) -> LossReport:
    producer = run.recording.producer(run.recording.loss)
    return LossReport(value=run.value, span=None if producer is None else producer.span)

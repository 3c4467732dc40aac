"""A case is recorded, judged and explained."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, get_args

from gradcheck.case import Case
from gradcheck.coupling import couples_samples
from gradcheck.errors import CaseError, GradcheckError
from gradcheck.execution.both import Both, run_both
from gradcheck.execution.breakdown import breakdown
from gradcheck.execution.fresh import How, resampled
from gradcheck.execution.probes import probes_of
from gradcheck.execution.run import Run
from gradcheck.execution.single import with_reference
from gradcheck.explaining import explain
from gradcheck.judgement.differences import Array, state
from gradcheck.judgement.reduced import reduced
from gradcheck.judgement.verdict import (
    Judgement,
    Sides,
    Verdict,
    judge,
    overall,
    undecided,
)
from gradcheck.options import Options, seeds_from
from gradcheck.recording import Breakdown, Op
from gradcheck.report.report import LossReport, Report, SearchReport, VariableReport, could_not_check
from gradcheck.report.wording import reason
from gradcheck.source import read_anew

Another = Callable[[int], Case]

_FRESH_SEED = 7919
"""Added to the seed for a second batch: far from the seeds that people use for their trials."""


def compare(case: Case, options: Options, another: Another | None = None) -> Report:
    """Record, judge and explain one case.

    Parameters
    ----------
    another
        Makes the case anew, with another batch, from a seed. Where nobody can, a second batch is drawn
        from the samples of the first.
    """
    read_anew()
    if case.reference is None:
        return _against_itself(case, options, another)
    return _compared(run_both(case, options.seed, options.watch), options, another)


def _fresh(both: Both, options: Options, another: Another | None) -> Both | None:
    """Run the case on a second batch; None where it cannot be."""
    (seed,) = seeds_from(options.seed + _FRESH_SEED, 1)
    try:
        return _resampled(both, seed, options) if another is None else run_both(another(seed), seed)
    except GradcheckError:
        return None


def _resampled(both: Both, seed: int, options: Options) -> Both | None:
    """Run the case on its own samples, drawn again; None where neither way gives gradients as finite as before."""
    for how in get_args(How):
        with contextlib.suppress(GradcheckError), resampled(both.case, seed, how) as case:
            second = run_both(case, options.seed)
            if all(
                _is_finite(new) or not _is_finite(old)
                for old, new in zip(both.runs, second.runs, strict=True)
            ):
                return second
    return None


def _is_finite(run: Run) -> bool:
    return math.isfinite(run.value) and all(state(gradient) != "non-finite" for gradient in run.gradients)


def _breakdowns(both: Both, judgements: Sequence[Judgement]) -> dict[str, Breakdown]:
    """Return where the numbers break down, for each side that is not finite or loses its precision."""
    lossy = {judgement.lossy for judgement in judgements}
    looked_at = [run for run in both.runs if not _is_finite(run) or lossy & {run.side, "both"}]
    return {run.side: found for run in looked_at if (found := breakdown(run)) is not None}


def _compared(both: Both, options: Options, another: Another | None) -> Report:
    judgements = _judgements(both)
    verdict, why_not = _verdict(both, judgements)
    breakdowns = _breakdowns(both, judgements)
    explanation = explain(both, verdict, lambda: _fresh(both, options, another), options, breakdowns)
    if explanation.incomparable:
        verdict, why_not = "inconclusive", "the formulations do not see the same random numbers"
        judgements = [undecided(judgement) for judgement in judgements]
    variables = _variables(both, judgements)
    return Report(
        name=both.case.name or "case",
        verdict=verdict,
        reason=why_not or reason(verdict, variables, breakdowns) + _without_float64(both),
        losses={run.side: _loss(run) for run in both.runs},
        variables=variables,
        findings=explanation.findings,
        search=SearchReport(explanation.tried, explanation.out_of_time) if explanation.tried else None,
    )


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
        both, options, None if another is None else lambda seed: with_reference(another(seed), kind)
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
    return judge(native, _paired(reference.gradients, candidate.gradients), off, probes_of(both))


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
            shape=tuple(both.runs[0].start[path].shape.as_list()),  # its own may be unknown
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

"""A case is recorded, judged and explained."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradcheck.cases import Case
from gradcheck.comparison.compiled import with_compiled
from gradcheck.comparison.explain import Propose, explain
from gradcheck.comparison.report import LossReport, Report, SearchReport, VariableReport
from gradcheck.comparison.second_batch import Another, fresh_batches
from gradcheck.comparison.without_reference import Comparison, against_itself
from gradcheck.comparison.wording import incomparable, on_draws, reason
from gradcheck.execution.replay.breakdown import breakdown
from gradcheck.execution.run.pair import Both, run_both
from gradcheck.execution.run.probes import probes_of
from gradcheck.judgement.differences import Array, state
from gradcheck.judgement.downsampled import reduced
from gradcheck.judgement.verdict import (
    Judgement,
    Sides,
    Verdict,
    judge,
    overall,
    undecided,
)
from gradcheck.options import Options
from gradcheck.program.recording import Breakdown
from gradcheck.program.run import Run
from gradcheck.repair.search import Search
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
        return against_itself(case, options, another, Comparison(_judgements, _compared))
    return _compared(run_both(case, options.seed, options.watch), options, another)


def _is_finite(run: Run) -> bool:
    return math.isfinite(run.value) and all(state(gradient) != "non-finite" for gradient in run.gradients)


def _breakdowns(both: Both, judgements: Sequence[Judgement]) -> dict[str, Breakdown]:
    """Return where the numbers break down, for each side that is not finite or loses its precision."""
    lossy = {judgement.lossy for judgement in judgements}
    looked_at = [run for run in both.runs if not _is_finite(run) or lossy & {run.side, "both"}]
    return {run.side: found for run in looked_at if (found := breakdown(run)) is not None}


def _compared(
    both: Both, options: Options, another: Another | None, propose: Propose | None = None
) -> Report:
    judgements = _judgements(both)
    verdict, why_not = _verdict(both, judgements)
    breakdowns = _breakdowns(both, judgements)
    explanation = explain(
        both,
        verdict,
        lambda: fresh_batches(both, options.seed, another),
        options,
        breakdowns,
        propose=propose,
    )
    if both.draws == "others" or explanation.incomparable:
        verdict, why_not = "inconclusive", incomparable(both.draws)
        judgements = [undecided(judgement) for judgement in judgements]
    variables = _variables(both, judgements)
    report = Report(
        name=both.case.name or "case",
        verdict=verdict,
        reason=why_not
        or reason(verdict, variables, breakdowns) + on_draws(verdict, both.draws) + _without_float64(both),
        losses={run.side: _loss(run) for run in both.runs},
        variables=variables,
        findings=explanation.findings,
        search=_searched(explanation.search),
    )
    return with_compiled(report, both)


def _searched(search: Search | None) -> SearchReport | None:
    return None if search is None else SearchReport(search.tried, search.work.spent, search.cut)


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

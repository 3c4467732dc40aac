"""Record, judge and explain a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from gradcheck.cases import Case
from gradcheck.comparison.as_taken import with_what_was_taken
from gradcheck.comparison.compiled import with_compiled
from gradcheck.comparison.explain import explain
from gradcheck.comparison.forms import compared, loss_of
from gradcheck.comparison.goals import Resampled
from gradcheck.comparison.judged import judged
from gradcheck.comparison.named_losses import each_loss
from gradcheck.comparison.not_taken import not_taken
from gradcheck.comparison.report import Report, SearchReport, VariableReport
from gradcheck.comparison.searched import Explanation, Propose
from gradcheck.comparison.second_batch import Another, resampled_batches
from gradcheck.comparison.without_reference import Comparison, against_itself
from gradcheck.comparison.wording import incomparable, on_choices, on_draws, reason
from gradcheck.errors import NamedLossesError
from gradcheck.execution.replay.breakdown import breakdown
from gradcheck.execution.run.pair import FormulationPair, run_pair
from gradcheck.execution.run.prepare import ready
from gradcheck.findings import Finding, as_the_project_sets, most_certain_first, proved_all_the_same
from gradcheck.judgement.downsampled import downsample
from gradcheck.judgement.verdict import (
    Judgement,
    Verdict,
    overall,
    undecided,
)
from gradcheck.options import Options
from gradcheck.program.recording import Breakdown
from gradcheck.source import read_anew
from gradcheck.system.collecting import only_new_objects_collected


def compare(case: Case, options: Options, another: Another | None = None) -> Report:
    """Record, judge and explain one case.

    Parameters
    ----------
    another
        Makes the case anew, with another batch. Where nobody can, or it is the same batch again, others are drawn
        from the samples of the first.
    """
    read_anew()
    case = ready(case)
    with only_new_objects_collected():
        try:
            return _compared_as_given(case, options, another)
        except NamedLossesError as several:
            return each_loss(case, several.names, another, lambda one, anew: compare(one, options, anew))


def _compared_as_given(case: Case, options: Options, another: Another | None) -> Report:
    if case.reference is None:
        comparison = Comparison(partial(judged, exact=options.exact), _compared)
        return against_itself(case, options, another, comparison)
    pair = run_pair(case, options.seed, options.watch)
    report = _compared(pair, options, another)
    if options.budget == 0:
        return report
    return with_what_was_taken(report, pair, another, lambda one, anew: compare(one, options, anew))


def compare_recorded(pair: FormulationPair, options: Options) -> Report:
    """Judge and explain what was recorded in two programs."""
    read_anew()
    return _compared(pair, options, None)


def _breakdowns(pair: FormulationPair, judgements: Sequence[Judgement]) -> dict[str, Breakdown]:
    """Return where the numbers break down, for each side that is not finite or loses its precision."""
    lossy = {judgement.lossy for judgement in judgements}
    looked_at = [
        run
        for side, run in enumerate(pair.runs)
        if not run.finite
        or any(states[side] == "non-finite" for states in pair.states)
        or lossy & {run.side, "both"}
    ]
    return {run.side: found for run in looked_at if (found := breakdown(run)) is not None}


def _compared(
    pair: FormulationPair, options: Options, another: Another | None, propose: Propose | None = None
) -> Report:
    untried = not_taken(pair)  # before large tensors are let go
    judgements = judged(pair, exact=options.exact)
    verdict, why_not = _verdict(pair, judgements)
    breakdowns = _breakdowns(pair, judgements)
    explanation = explain(
        pair,
        verdict,
        lambda: _other_batches(pair, options.seed, another),
        options,
        breakdowns,
        propose=propose,
    )
    if pair.draws == "others" or explanation.incomparable:
        verdict, why_not = "inconclusive", incomparable(pair.draws)
    if why_not and verdict == "inconclusive":
        judgements = [undecided(judgement) for judgement in judgements]
    variables = _variables(pair, judgements, pictures=options.pictures)
    report = Report(
        name=pair.case.title,
        verdict=verdict,
        reason=(
            why_not
            or reason(verdict, variables, breakdowns)
            + on_draws(verdict, pair.draws)
            + on_choices(verdict, untried)
            + _without_float64(pair)
        )
        + compared(pair),
        losses={run.side: loss_of(run) for run in pair.runs},
        variables=variables,
        findings=_as_the_project_sets(explanation.findings),
        search=_searched(explanation),
    )
    return with_compiled(report, pair)


def _as_the_project_sets(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings with the project's severities; what explains the verdict as a fact keeps its own."""
    return most_certain_first(
        [
            proved_all_the_same(finding) if finding.severity == "error" else as_the_project_sets(finding)
            for finding in findings
        ]
    )


def _other_batches(
    pair: FormulationPair, seed: int, another: Another | None
) -> Iterator[Iterator[Resampled]]:
    """Return the case on other batches; saved gradients hold for one batch alone."""
    return iter(()) if pair.runs[0].form == "saved" else resampled_batches(pair, seed, another)


def _searched(explanation: Explanation) -> SearchReport | None:
    """Return what the search took: of two that were cut, the one for edits."""
    search, seeking = explanation.search, explanation.seeking
    if search is None:
        return None
    if search.work.stopped is None and seeking is not None and seeking.stopped is not None:
        return SearchReport(search.tried, seeking.spent, seeking.stopped)
    return SearchReport(search.tried, search.work.spent, search.work.stopped)


def _verdict(pair: FormulationPair, judgements: Sequence[Judgement]) -> tuple[Verdict, str]:
    """Return the verdict and the reason if a loss is not a finite number, so that there is nothing to compare."""
    reference, candidate = pair.runs
    if reference.finite:
        verdict = overall([judgement.verdict for judgement in judgements])
        if verdict == "equivalent" and not candidate.finite:
            return (
                "unstable",
                f"the candidate's loss is not finite ({candidate.value}), though its gradients are equal",
            )
        return verdict, ""
    if candidate.finite:
        why = f"the reference's loss is not finite ({reference.value}), though the candidate's is"
        return "inconclusive", f"{why}: repair the reference first, there is nothing to compare with"
    return "inconclusive", f"both losses are not finite ({reference.value}): there is nothing to compare with"


def _variables(
    pair: FormulationPair, judgements: Sequence[Judgement], *, pictures: bool
) -> tuple[VariableReport, ...]:
    return tuple(
        VariableReport(
            path=path,
            shape=tuple(pair.runs[0].start[path].shape.as_list()),  # its own may be unknown
            dtype=variable.dtype.name,
            states=states,
            judgement=judgement,
            gradients=downsample(sides.reference, sides.candidate) if pictures else None,
        )
        for (path, variable), sides, states, judgement in zip(
            pair.prepared.variables.items(), pair.native, pair.states, judgements, strict=True
        )
    )


def _without_float64(pair: FormulationPair) -> str:
    if not pair.both_are_replayed:  # one side's replay decided, so that it was available
        return ""
    reasons = {
        run.side: float64.reason
        for run, float64 in zip(pair.runs, pair.float64, strict=True)
        if float64.gradients is None
    }
    if not reasons:
        return ""
    sides = " and the ".join(reasons)
    return (
        "; judged by a fixed tolerance, because float64 is not available for the "
        f"{sides}: {'; '.join(dict.fromkeys(reasons.values()))}"
    )

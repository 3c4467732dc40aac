"""A case is recorded, judged and explained: the whole of `gradcheck.diff`."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Callable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradcheck import batches, execution
from gradcheck.case import Case, is_case_factory
from gradcheck.errors import CaseError, GradcheckError
from gradcheck.explaining import explain
from gradcheck.judgement.differences import Array, state
from gradcheck.judgement.verdict import Judgement, Sides, Verdict, judge, overall, undecided
from gradcheck.loading import Factory
from gradcheck.report.report import LossReport, Report, SearchReport, Trials, VariableReport, worst
from gradcheck.report.wording import on_batches, reason

if TYPE_CHECKING:
    from gradcheck.execution.both import Both

Watch = Callable[[str, Sized], None]
"""Called when a formulation starts to run, with its side and something whose length is the ops so far."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to make and compare the case of a factory.

    Parameters
    ----------
    seed
        Where all random generators start; passed to a factory that has a parameter `seed`.
    settings
        Values for other parameters of the factory.
    trials
        How many batches to compare on: seeds `seed`, `seed` + 1, ...
    batch, save_batch
        A file to take the batch from, or to write it to.
    budget
        Seconds for trying edits of the candidate when it differs.
    watch
        For a progress display.
    """

    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 1
    batch: pathlib.Path | None = None
    save_batch: pathlib.Path | None = None
    budget: float = 10.0
    watch: Watch | None = None

    def check(self, cases: int) -> None:
        """Raise a `CaseError` where the options do not go together with each other, or with so many cases."""
        if (self.batch or self.save_batch) and (cases > 1 or self.trials > 1):
            raise CaseError(
                "a batch file holds one batch of one case: name the case (FILE.py:name), without --trials"
            )


def diff(
    case: Case | Callable[..., Case],
    *,
    seed: int = 0,
    trials: int = 1,
    budget: float = 10.0,
    watch: Watch | None = None,
) -> Report:
    """Compare the gradients of the two formulations of a case.

    Each formulation runs once, from the same variable values and the same random state, and again only
    when they differ; everything is as before afterwards.

    Parameters
    ----------
    case
        A `Case`, or a factory marked with `gradcheck.case`.
    seed
        Passed to a factory that has a parameter `seed`, and where the random generators start.
    trials
        On how many batches to compare, the worst of which is reported: one batch can hide a difference.
        More than one needs a factory, which makes a batch for each of the seeds `seed`, `seed` + 1, ...
    budget
        Seconds for trying edits of the candidate when it differs.
    watch
        For a progress display.

    Raises
    ------
    CaseError
        The case cannot be compared: its variables, its batch, or what a formulation returned.
    UserCodeError
        A formulation raised.

    Notes
    -----
    The verdict holds for these batches and weights. That two gradients agree here does not prove that
    they agree elsewhere, nor that either loss is the one that was meant.
    """
    execution.start()
    if isinstance(case, Case):
        if trials > 1:
            raise CaseError("a Case holds one batch: for more trials pass the factory that makes it")
        return _diff_alone(case, Options(seed=seed, budget=budget, watch=watch))
    if not is_case_factory(case):
        raise CaseError(f"{case!r} is neither a gradcheck.Case nor a function marked with @gradcheck.case")
    return diff_factory(
        Factory(getattr(case, "__name__", "case"), case),
        Options(seed=seed, trials=trials, budget=budget, watch=watch),
    )


def diff_factory(factory: Factory, options: Options) -> Report:
    """Make the case of `factory` and compare it, on as many batches as `options` ask for."""
    seeds = range(options.seed, options.seed + options.trials)
    reports = [_diff_seeded(factory, replace(options, seed=seed)) for seed in seeds]
    if len(reports) == 1:
        return reports[0]
    shown = worst(reports)
    failing = tuple(seed for seed, report in zip(seeds, reports, strict=True) if not report.equivalent)
    trials = Trials(len(reports), failing, seeds[reports.index(shown)])
    return replace(shown, trials=trials, reason=f"{shown.reason}; {on_batches(trials)}")


def _diff_seeded(factory: Factory, options: Options) -> Report:
    """Compare on one batch, with every global random generator started from the seed."""
    from gradcheck.execution.freeze import seeded

    def fresh() -> Both | None:
        seed = options.seed + _FRESH_SEED
        with seeded(seed):
            return _run_or_none(factory.make(seed=seed, settings=options.settings), seed)

    with seeded(options.seed):
        case = factory.make(seed=options.seed, settings=options.settings)
        if options.batch is not None:
            case = replace(case, batch=batches.load(options.batch, like=case.batch))
        if options.save_batch is not None:
            batches.save(options.save_batch, case.batch, seed=options.seed)
        return _diff_case(case, options, fresh)


_FRESH_SEED = 7919
"""Added to the seed for a second batch: far from the seeds that people use for their trials."""


def _diff_alone(case: Case, options: Options) -> Report:
    """Compare a case that nobody can make anew: a second batch is drawn from its own samples."""
    from gradcheck.execution.fresh import resampled

    def fresh() -> Both | None:
        with resampled(case, options.seed + _FRESH_SEED) as other:
            return _run_or_none(other, options.seed)

    return _diff_case(case, options, fresh)


def _run_or_none(case: Case, seed: int) -> Both | None:
    from gradcheck.execution.both import run_both

    try:
        return run_both(case, seed)
    except GradcheckError:
        return None


def _diff_case(case: Case, options: Options, fresh: Callable[[], Both | None]) -> Report:
    from gradcheck.execution.both import run_both

    both = run_both(case, options.seed, options.watch)
    judgements = _judgements(both)
    verdict, why_not = _verdict(both, judgements)
    explanation = explain(both, verdict, fresh, options.budget)
    if explanation.incomparable:
        verdict, why_not = "inconclusive", "the formulations do not see the same random numbers"
        judgements = [undecided(judgement) for judgement in judgements]
    variables = _variables(both, judgements)
    return Report(
        name=case.name or "case",
        verdict=verdict,
        reason=why_not or reason(verdict, variables) + _without_float64(both),
        losses={run.side: _loss(run) for run in both.runs},
        variables=variables,
        findings=explanation.findings,
        search=SearchReport(explanation.tried, explanation.out_of_time) if explanation.tried else None,
    )


def _judgements(both: Both) -> list[Judgement]:
    reference, candidate = (run.gradients for run in both.runs)
    exact = [side.gradients for side in both.precise if side.gradients is not None]
    return judge(_paired(reference, candidate), _paired(*exact) if len(exact) == 2 else None)


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


def _loss(run: Any) -> LossReport:
    producer = run.recording.producer(run.recording.loss)
    return LossReport(value=run.value, span=None if producer is None else producer.span)

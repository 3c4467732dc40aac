"""A case is recorded, judged and explained: the whole of `gradcheck.diff`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from gradcheck.case import Case, is_case_factory
from gradcheck.causes import find_all
from gradcheck.causes.evidence import Evidence
from gradcheck.errors import CaseError
from gradcheck.judgement.differences import Array, state
from gradcheck.judgement.verdict import Sides, Verdict, judge, overall
from gradcheck.loading import Factory
from gradcheck.report.report import LossReport, Report, VariableReport
from gradcheck.report.wording import reason

if TYPE_CHECKING:
    from gradcheck.execution.precise import Precise
    from gradcheck.execution.prepare import Prepared
    from gradcheck.execution.run import Run

Watch = Callable[[str, Sized], None]
"""Called when a formulation starts to run, with its side and something whose length is the ops so far."""


def diff(case: Case | Callable[..., Case], *, seed: int = 0, watch: Watch | None = None) -> Report:
    """Compare the gradients of the two formulations of a case.

    Each formulation runs once, from the same variable values and the same random state; both are as
    before afterwards.

    Parameters
    ----------
    case
        A `Case`, or a factory marked with `gradcheck.case`.
    seed
        Passed to a factory that has a parameter `seed`, and where TensorFlow's random ops start.
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
    The verdict holds for this batch and these weights. That two gradients agree here does not prove
    that they agree elsewhere, nor that either loss is the one that was meant.
    """
    if isinstance(case, Case):
        return _diff(case, seed, watch)
    if not is_case_factory(case):
        raise CaseError(f"{case!r} is neither a gradcheck.Case nor a function marked with @gradcheck.case")
    return diff_factory(Factory(case.__name__, case), seed=seed, watch=watch)


def diff_factory(
    factory: Factory, *, seed: int, settings: Mapping[str, Any] | None = None, watch: Watch | None = None
) -> Report:
    """Make a case with every global random generator started from `seed`, and compare it as `diff` does."""
    from gradcheck.execution.freeze import seeded

    with seeded(seed):
        return _diff(factory.make(seed=seed, settings=settings), seed, watch)


def _diff(case: Case, seed: int, watch: Watch | None) -> Report:
    from gradcheck.execution.freeze import frozen
    from gradcheck.execution.precise import precise_gradients
    from gradcheck.execution.prepare import prepare
    from gradcheck.execution.run import run

    prepared = prepare(case)
    runs, precise = [], []
    with frozen(seed) as world:
        for side, formulation in case.formulations().items():
            world.start()
            runs.append(run(side, formulation, prepared, watch))
            precise.append(precise_gradients(runs[-1]))
    return _report(case.name or "case", prepared, runs, precise)


def _report(name: str, prepared: Prepared, runs: Sequence[Run], precise: Sequence[Precise]) -> Report:
    reference, candidate = runs
    native = _paired(reference.gradients, candidate.gradients)
    exact = [side.gradients for side in precise if side.gradients is not None]
    judgements = judge(native, _paired(*exact) if len(exact) == len(precise) else None)
    verdict = overall([judgement.verdict for judgement in judgements])
    evidence = Evidence(reference.recording, candidate.recording, prepared.samples, verdict)
    variables = [
        VariableReport(
            path=path,
            shape=tuple(variable.shape.as_list()),
            dtype=variable.dtype.name,
            states=(state(sides.reference), state(sides.candidate)),
            judgement=judgement,
        )
        for (path, variable), sides, judgement in zip(
            prepared.variables.items(), native, judgements, strict=True
        )
    ]
    return Report(
        name=name,
        verdict=verdict,
        reason=_reason(verdict, variables, runs, precise),
        losses={run.side: _loss(run) for run in (reference, candidate)},
        variables=tuple(variables),
        findings=find_all(evidence),
    )


def _reason(
    verdict: Verdict, variables: Sequence[VariableReport], runs: Sequence[Run], precise: Sequence[Precise]
) -> str:
    said = reason(verdict, variables)
    for run, side in zip(runs, precise, strict=True):
        if side.gradients is None:
            said += f"; judged without float64, which is unavailable for the {run.side}: {side.reason}"
    return said


def _paired(reference: Sequence[Array | None], candidate: Sequence[Array | None]) -> list[Sides]:
    return [Sides(*pair) for pair in zip(reference, candidate, strict=True)]


def _loss(run: Run) -> LossReport:
    producer = run.recording.producer(run.recording.loss)
    return LossReport(value=run.value, span=None if producer is None else producer.span)

"""Judge and explain the gradients that two scripts took, each at one of its places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.comparison.compare import compare_recorded
from gradcheck.comparison.report import Report, could_not_check
from gradcheck.comparison.script_inputs import Unlike, number_of_samples, same_inputs, unlike_inputs
from gradcheck.errors import CaseError, GradcheckError
from gradcheck.execution.scripts.capture import Taken, TakenAt
from gradcheck.execution.scripts.pair import recorded_pair
from gradcheck.execution.scripts.segments import weights
from gradcheck.judgement.verdict import undecided
from gradcheck.options import Options
from gradcheck.program.run import Run
from gradcheck.source import Span
from gradcheck.targets.pairing import paired

Sides = tuple[Taken, Taken]


def report_on_taken(name: str, reference: TakenAt, candidate: TakenAt, options: Options) -> Report:
    """Report on the first gradients that were recorded at a place of each of two scripts.

    The next ones are the second batch that a repair is proved on. The verdict is ``inconclusive`` where the
    variables do not pair or have other values, and where gradients differ and so does what they were computed on.

    Notes
    -----
    That both scripts computed on the same data is seen from its numbers, and from where the random generators
    stand. Which row goes with which is not seen, nor are actions, labels and other whole numbers that were not
    drawn from a generator which is known.
    """
    try:
        paths = paired(
            candidate.shapes, reference.shapes, f"the variables at {_place(reference)}", _place(candidate)
        )
    except CaseError as error:
        return could_not_check(name, str(error))
    for side in (reference, candidate):
        if side.obstacle or not side.taken:
            return could_not_check(name, f"{_place(side)} could not be recorded: {side.obstacle or _UNSEEN}")
    batches = list(zip(reference.taken, candidate.taken, strict=False))
    apart = _other_weights(batches[0], paths)
    if apart:
        return could_not_check(name, apart)
    try:
        return _judged(name, batches, paths, candidate, options)
    except GradcheckError as error:
        return could_not_check(name, str(error))


_UNSEEN = "its tape was opened where nothing is recorded, as in another thread or in a graph"


def _judged(
    name: str, batches: Sequence[Sides], paths: Mapping[str, str], candidate: TakenAt, options: Options
) -> Report:
    first, *later = batches
    obstacle = _no_second_batch(first, later[0], paths) if later else "there are none"
    runs = [_runs(sides) for sides in batches]
    unlike = unlike_inputs(runs[0], runs[1] if later else None)
    if unlike is not None and unlike.certain:
        options = replace(options, budget=0)
    used = runs[:1] if obstacle else runs
    pair = recorded_pair(name, used, candidate.variables, paths, number_of_samples(runs[0]))
    report = compare_recorded(pair, options)
    if report.verdict != "different":
        return report
    proved = any(finding.verified for finding in report.findings)
    repaired = any(finding.fix is not None for finding in report.findings)
    reason = _incomparable(unlike, first, repaired=repaired)
    if reason:
        return _inconclusive(report, reason)
    said = (
        ""
        if proved or not obstacle
        else f"; no repair could be proved, because the next gradients are not a second batch: {obstacle}"
    )
    return replace(report, reason=f"{report.reason}{said}")


def _runs(sides: Sides) -> tuple[Run, Run]:
    return sides[0].run, sides[1].run


def _other_weights(sides: Sides, paths: Mapping[str, str]) -> str:
    """Return how the weights differ that both sides were recorded with; "" where they do not."""
    reference, candidate = (weights(side.run) for side in sides)
    for path, own in paths.items():
        if not np.allclose(candidate[path], reference[own], rtol=_SAME, atol=0, equal_nan=True):
            far = np.abs(candidate[path] - reference[own]).max()
            return (
                f"both scripts were seeded alike, but the candidate's `{path}` and the reference's `{own}` have "
                f"different values (up to {far:.2g} apart) when the gradient is first taken: are the layers "
                "created in another order, initialised differently, or assigned to?"
            )
    return ""


_SAME = 1e-6
"""The relative difference up to which weights are the same."""


def _no_second_batch(first: Sides, later: Sides, paths: Mapping[str, str]) -> str:
    """Return why the next gradients are no second batch; "" where they are one."""
    if _other_weights(later, paths):
        return "the weights differ by then, although optimizers were kept from changing them"
    if all(same_inputs(*runs) for runs in zip(_runs(first), _runs(later), strict=True)):
        return "they are computed on the same data"
    if unlike_inputs(_runs(later), None) is not None:
        return "they are computed on other data on both sides"
    return ""


def _incomparable(unlike: Unlike | None, first: Sides, *, repaired: bool) -> str:
    """Return why gradients that differ cannot be compared; "" where they can.

    What is only suspected does not count against a repair of the candidate that makes them agree, twice. The
    reference's own numbers in place of the candidate's do so wherever other data comes in: that is no repair.
    """
    if unlike is not None and unlike.certain:
        return f"the losses were not computed on the same data: {unlike.said}"
    if repaired:
        return ""
    if unlike is not None:
        return f"whether the losses were computed on the same data is not known: {unlike.said}"
    reference, candidate = (side.generators for side in first)
    apart = [name for name, state in reference.items() if state not in candidate.values()]
    apart += [name for name, state in candidate.items() if state not in reference.values()]
    return _DRAWS.format(" and ".join(dict.fromkeys(apart))) if apart else ""


_DRAWS = (
    "the gradients differ, but the scripts have drawn other random numbers, or another number of them, from {} by "
    "the time they are first taken: let both scripts draw in the same way"
)


def _inconclusive(report: Report, reason: str) -> Report:
    return replace(
        report,
        verdict="inconclusive",
        reason=reason,
        variables=tuple(replace(each, judgement=undecided(each.judgement)) for each in report.variables),
        findings=tuple(
            replace(each, proof=None, fix=None, severity="suspicion") if each.severity == "error" else each
            for each in report.findings
        ),
    )


def _place(side: TakenAt) -> str:
    return where(side.span)


def where(span: Span) -> str:
    """Return ``file:line``."""
    return f"{span.file}:{span.line}"

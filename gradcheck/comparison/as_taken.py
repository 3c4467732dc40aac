"""Where two steps differ: before they make something of their gradients, or in what they make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gradcheck.cases import Case
from gradcheck.comparison.report import Report
from gradcheck.comparison.second_batch import Another
from gradcheck.errors import GradcheckError
from gradcheck.execution.run.as_taken import AsTaken
from gradcheck.execution.run.formulation import given_with
from gradcheck.execution.run.formulation import run as run_once
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.findings import Finding, most_certain_first
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.run import Run


def with_what_was_taken(
    report: Report,
    pair: FormulationPair,
    another: Another | None,
    compare: Callable[[Case, Another | None], Report],
) -> Report:
    """Return `report` with where the gradients differ as the tapes gave them, if the candidate changes them.

    Only where each side asked a tape for the gradients of one loss. A repair of that loss is called proved only
    if both sides make the same of the same gradients: the candidate is run once more, with the reference's in
    place of what its tape gives.
    """
    if report.verdict != "different" or pair.runs[1].direct or not all(map(_has_one_loss, pair.runs)):
        return report
    try:
        taken = compare(_as_taken(pair.case), _making(another))
    except GradcheckError:  # the step itself could be run; what it takes apart cannot
        return report
    if taken.verdict == "equivalent":
        said = "as the tapes computed them they agree: the difference is in what is done with them afterwards"
        return replace(report, reason=f"{report.reason}; {said}")
    if taken.verdict != "different":
        return report
    same = _makes_the_same(pair)
    told = [_of_the_tape(finding, same=same) for finding in taken.findings]
    spans = {finding.span for finding in told}
    findings = [*told, *(finding for finding in report.findings if finding.span not in spans)]
    return replace(
        report,
        reason=f"{report.reason}; they already differ as the tapes computed them",
        findings=most_certain_first(findings),
        search=taken.search,
    )


def _has_one_loss(run: Run) -> bool:
    return run.form != "saved" and run.known is not None and run.known[1] is not None


def _as_taken(case: Case) -> Case:
    reference = None if case.reference is None else AsTaken(case.reference)
    return replace(case, candidate=AsTaken(case.candidate), reference=reference)


def _making(another: Another | None) -> Another | None:
    return None if another is None else replace(another, make=lambda seed: _as_taken(another.make(seed)))


def _makes_the_same(pair: FormulationPair) -> bool:
    """Return whether the candidate makes of the reference's gradients what the reference makes of them."""
    reference = pair.runs[0]
    taken = _as_taken(pair.case).reference
    if reference.direct or taken is None:
        return False
    try:
        with frozen(pair.seed, pair.case.formulations().values()) as world:
            before = world.run(lambda: run_once("reference", taken, pair.prepared))
            world.start()
            paths = list(pair.prepared.variables)
            own = dict(zip(paths, before.gradients, strict=True))
            made = given_with(pair.case.candidate, pair.prepared, own)
    except GradcheckError:  # the step may not stand gradients that are not its own: then nothing is claimed
        return False
    if made is None:
        return False
    return all(
        distance(wanted, made[path]) <= _SAME * norm(wanted)
        for path, wanted in zip(paths, reference.gradients, strict=True)
    )


_SAME = 1e-5
"""How far two float32 gradients are apart at most, relative to their norm, that are made of the same numbers."""


def _of_the_tape(finding: Finding, *, same: bool) -> Finding:
    """Return a finding on the gradients as the tape gave them, without a claim that need not hold further on."""
    if finding.proof is None:
        return finding
    if same:
        note = (
            "the gradients are those that the tape computed; both sides then change the same gradients in the "
            "same way, as tested on the first batch"
        )
        return replace(finding, notes=(*finding.notes, note))
    fix = finding.proof.tried if finding.fix is None else finding.fix.text
    note = f"with this the gradients agree as the tape computed them, but not after they are changed: {fix}"
    return replace(finding, notes=(*finding.notes, note), proof=None, fix=None)

"""What goes wrong on the way back alone: proved by the whole gradients, as no value shows it.

A gradient that is not finite, that loses its precision, or that is written by hand changes no value that could be
compared. But where the reference's quantity stands in place of the candidate's, the gradient goes on into the
reference; and a replay differentiates the ops of a call whose gradient is written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradcheck.comparison.breakdowns import on_two_batches, repaired_breakdown
from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.repairs import proof_of
from gradcheck.comparison.shortest import repaired_by_hand
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding
from gradcheck.program.recording import Breakdown
from gradcheck.source import span_of, span_of_gradient
from gradcheck.source.syntax import in_one_line


def proved_on_the_way_back(
    pair: FormulationPair, seen: Sequence[Finding], breakdowns: Mapping[str, Breakdown], goals: Goals
) -> list[Finding]:
    """Return what was seen; with the proof, where the gradients are right with something else there.

    Notes
    -----
    That a second batch, too, has the right gradients does not establish that they were wrong there. Nor does it
    that nothing else is at fault that only what was replaced is made of.
    """
    spans = {span_of_gradient(site) for site in pair.runs[1].recording.custom_gradients}
    by_hand = [one for one in seen if one.span in spans]
    down = breakdowns.get("candidate")
    broken = [
        one
        for one in seen
        if down is not None and one.cause == "numerics" and one.span is not None and one.span == down.op.span
    ]
    comparison = Comparison(pair, goals.own, goals.work) if by_hand or broken else None
    if comparison is None or not comparison.is_comparable:
        return list(seen)
    proved = _counts_for_nothing(broken, down, pair, goals)
    told = {one.span for one in (*broken, *by_hand) if proved}
    if not proved:
        proved = _rewritten(by_hand, comparison, pair, goals) or _by_hand(by_hand, comparison, goals)
        told = {one.span for one in by_hand if proved}
    if not proved and broken and down is not None:
        proved = repaired_breakdown(broken[0], down, pair, comparison, goals)
        told = {one.span for one in broken[:1] if proved}
    return [*proved, *(one for one in seen if one.span not in told)]


def _counts_for_nothing(
    found: Sequence[Finding], down: Breakdown | None, pair: FormulationPair, goals: Goals
) -> list[Finding]:
    """Return where a gradient by hand breaks down, if all is right with whatever number stands there."""
    if not found or down is None or down is not pair.runs[1].broken_by_hand or down.op.site is None:
        return []
    site = down.op.site
    proofs = [proof_of(Transplant(site, number, site), pair, goals, "own") for number in ("1.0", "3.0")]
    if None in proofs:
        return []
    (proof, _), *_ = filter(None, proofs)
    tried = f"1 in place of `{in_one_line(span_of(site).text)}`, and 3"
    nothing = (
        "a finite number there makes no difference, as where it is multiplied by 0; but 0 times inf is NaN"
    )
    return [replace(found[0], proof=replace(proof, tried=tried), notes=(*found[0].notes, nothing))]


def _rewritten(
    found: Sequence[Finding], comparison: Comparison, pair: FormulationPair, goals: Goals
) -> list[Finding]:
    """Return the change that makes a gradient right that is written by hand; empty if none is found."""
    repaired = repaired_by_hand(comparison.alignment, pair, goals) if found else []
    return [replace(one, notes=(found[0].message, *one.notes)) for one in repaired]


def _by_hand(found: Sequence[Finding], comparison: Comparison, goals: Goals) -> list[Finding]:
    """Return the calls whose gradient is written by hand, where all is right with the derivative of their ops.

    A replay knows no other. Of several it cannot be told which are wrong: nothing is proved of one of them.
    """
    places = [one.span.place for one in found if one.span is not None]

    def left_there(there: Comparison) -> float | None:
        return there.residual([])

    left = comparison.residual([]) if found else None
    tried = "the derivative of the ops of its function in place of the gradient that is written by hand"
    proof = on_two_batches(tried, left, left_there, goals)
    if proof is None:
        return []
    if len(set(places)) > 1:
        said = (
            f"with the derivative of the ops in place of all {len(set(places))} of these, the gradients agree"
        )
        return [replace(one, notes=(*one.notes, said)) for one in found]
    return [replace(one, severity="error", proof=proof) for one in found]

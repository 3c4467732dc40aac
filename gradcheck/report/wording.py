"""Formatting of figures, shared by all report formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from gradcheck.comparison.report import Report, SearchReport, VariableReport
from gradcheck.findings import Finding, Proof, Severity
from gradcheck.judgement.differences import State
from gradcheck.program.recording import Shape
from gradcheck.source.syntax import in_one_line

LABEL: dict[Severity, str] = {"error": "error", "suspicion": "suspect", "note": "note"}


def label(finding: Finding) -> str:
    """Return what a finding begins with in every format: how certain it is, and its cause."""
    return f"{LABEL[finding.severity]}[{finding.cause}]"


def legend(variables: Sequence[VariableReport]) -> str:
    """Say what the columns of a table of variables are."""
    judgements = [variable.judgement for variable in variables]
    if not any(judgement.relative_float64 is not None for judgement in judgements):
        if any(judgement.noise is not None for judgement in judgements):
            return (
                "‖·‖ norms; differ relative to the larger, as they ran; noise: the rounding of one side, measured "
                "in float64"
            )
        return "‖·‖ norms; differ relative to the larger, not measured in float64"
    said = "‖·‖ norms; differ and noise relative to the larger, measured in float64"
    below_noise = any(variable.verdict == "rounding" for variable in variables)
    return f"{said}; rounding: zero, or nearly zero, up to rounding" if below_noise else said


def sides(report: Report) -> dict[str, str]:
    """Return the names of the sides of a report, which may have no reference."""
    names = ("samples", "batch") if report.alone else ("reference", "candidate")
    return dict(zip(("reference", "candidate"), names, strict=True))


def norm_heads(report: Report) -> tuple[str, str]:
    """Return the headings of the norms of both gradients."""
    return ("‖samples‖", "‖batch‖") if report.alone else ("‖ref.‖", "‖cand.‖")


def compared(variable: VariableReport) -> tuple[str, str, str]:
    """Return the difference, the noise and the cosine, formatted for a table."""
    judgement = variable.judgement
    if variable.verdict == "rounding":  # these would be figures of rounding errors among themselves
        return "–", "–", "–"
    all_noise = judgement.lost is not None and judgement.lost >= 1
    return (
        f"{variable.relative:.1e}",
        figure(judgement.lost if variable.verdict == "unstable" else judgement.noise, ".0e"),
        figure(None if all_noise else judgement.difference.cosine, ".4f"),
    )


def figure(value: float | None, form: str) -> str:
    """Return a number, or a dash where there is none."""
    return "–" if value is None else f"{value:{form}}"


def norm(kind: State, size: float | None) -> str:
    """Show the four things a gradient can be as four: None, 0, not finite, and a number however tiny."""
    if kind == "none":
        return "None"
    if kind == "zero":
        return "0 exactly"
    return f"{size}" if kind == "non-finite" else f"{size:.4g}"


def dimensions(shape: Shape) -> str:
    """Return a shape in few characters: ``3×2``."""
    return "×".join(map(str, shape)) or "scalar"


def on_search(report: Report) -> str:
    """Return a sentence about a search that found no fix; "" where nothing is to be said."""
    search = report.search
    if search is None or any(finding.fix is not None for finding in report.findings):
        return ""
    if not any(finding.verified for finding in report.findings):
        return in_vain(search)
    return "" if search.cut is None else f"{_reached(search)}, before a fix was found"


def in_vain(search: SearchReport) -> str:
    """Return a sentence about a search that proved nothing."""
    edits = f"{search.tried} edit{'s' * (search.tried != 1)} of the candidate"
    if search.cut is None:
        return f"{edits} were tried; none was proved to make the gradients agree"
    tried = f"{edits} tried, none proved to make the gradients agree" if search.tried else "no edit was tried"
    return f"{_reached(search)}: {tried}"


def _reached(search: SearchReport) -> str:
    """Return which limit ended a search, and the option that raises it."""
    match search.cut:
        case "work":
            return f"the search reached its limit after {search.work:,} replayed ops (--work raises it)"
        case "time" | None:
            return "the search reached its time limit (--budget raises it)"
    assert_never(search.cut)


def beside(finding: Finding) -> str:
    """Return the expression of the reference that stands there, with its place; empty where none is known."""
    if finding.reference is None:
        return ""
    return f"{finding.reference.place}: {in_one_line(finding.reference.text)}"


def tried(finding: Finding, proof: Proof) -> str:
    """Return how an edit was proved, preceded by the edit if it is not a fix and so not shown elsewhere."""
    return _how_proved(proof) if finding.fix is not None else f"{proof.tried}; {_how_proved(proof)}"


def _how_proved(proof: Proof) -> str:
    also = f" and the change at {' and at '.join(proof.needs_also)}" if proof.needs_also else ""
    said = f"with it{also} the gradients agree to {proof.residual:.0e}"
    match proof.second:
        case None:
            return f"{said}, on this batch only"
        case "another seed":
            return f"{said}, on a second batch too ({_samples(proof)})"
        case "samples drawn again":
            return f"{said}, on a second batch too ({_samples(proof)}, drawn from the first)"
        case "other numbers":
            return f"{said}, also with all weights and floating-point inputs moved a little"
        case "next gradients":
            return f"{said}, and so do the next gradients that the scripts take there ({_samples(proof)})"
    assert_never(proof.second)


def _samples(proof: Proof) -> str:
    second = proof.samples[-1]
    return f"{second} sample{'s' * (second != 1)}"

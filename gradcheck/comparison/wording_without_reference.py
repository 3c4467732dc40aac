"""The wording of a report without a reference: the batch and its single samples."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from gradcheck.comparison.report import Report, VariableReport
from gradcheck.comparison.wording import idle, reason
from gradcheck.findings import Finding

_KINDS = {
    "mean": ("mean", ""),
    "sum": ("sum", ""),
    "once": ("sum", ", with terms that do not depend on the samples counted once"),
}

_UNSEEN = (
    "nothing else was compared: a wrong sign, divisor, mask, stop_gradient or term, or a wrong pairing within "
    "each sample, would not be noticed"
)


def worded(report: Report, kind: Literal["mean", "sum", "once"], samples: int) -> Report:
    """Return `report`, whose reference consists of single samples, worded without mentioning a reference.

    Parameters
    ----------
    kind
        What of the samples' losses the reference is; ``once``: their sum, but for what no sample changes.
    samples
        n, how many there are.
    """
    what, rest = _KINDS[kind]
    described = f"the {what} of the candidate's losses on {samples} single samples{rest}"
    alone = f"the {what} of its {samples} samples' gradients, each computed separately{rest}"
    report = replace(
        report,
        losses={**report.losses, "reference": replace(report.losses["reference"], description=described)},
        variables=tuple(map(_consistent, report.variables)),
        findings=tuple(map(_reworded, report.findings)),
        reason=_said(report, alone),
        alone=True,
    )
    return replace(report, verdict="consistent") if report.verdict == "equivalent" else report


def _said(report: Report, alone: str) -> str:
    """Return the reason: what was compared with what, and what that cannot show."""
    said = _without(report.reason)
    if report.verdict == "equivalent":
        further = said.removeprefix(_without(reason("equivalent", report.variables, {})))
        agrees = f"the gradient of the batch is {alone}, up to rounding{_without(idle(report.variables))}"
        return f"{agrees}; {_UNSEEN}{further}"
    if report.verdict == "different":
        return f"{said}; the gradient of the batch was compared with {alone}"
    return said


def _consistent(variable: VariableReport) -> VariableReport:
    if variable.verdict != "equivalent":
        return variable
    return replace(variable, judgement=replace(variable.judgement, verdict="consistent"))


def _reworded(finding: Finding) -> Finding:
    return replace(
        finding, message=_without(finding.message), notes=tuple(_without(note) for note in finding.notes)
    )


_SAID = {
    "the reference's": "the single samples'",
    "the reference": "the loss on single samples",
    "the candidate's": "the batch's",
    "the candidate": "the loss on the batch",
    "on both sides": "on the batch and on single samples",
    "on either side": "on the batch or on single samples",
}


def _without(said: str) -> str:
    for before, after in _SAID.items():
        said = re.sub(rf"\b{before}(?!\w)", after, said)
    return said

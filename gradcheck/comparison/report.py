"""The report: a verdict with its variables and findings, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck import showing
from gradcheck.comparison.document import (
    LossDocument,
    ReportDocument,
    SearchDocument,
    TrialsDocument,
    VariableDocument,
)
from gradcheck.comparison.finding_document import finding_document
from gradcheck.documents import number, number_or_none, shape_document, span_or_none
from gradcheck.findings import Finding
from gradcheck.judgement.differences import State
from gradcheck.judgement.downsampled import Downsampled
from gradcheck.judgement.verdict import Judgement, VariableVerdict, Verdict
from gradcheck.program.recording import Shape
from gradcheck.program.work import Cut
from gradcheck.source import Span


@dataclass(frozen=True, kw_only=True)
class LossReport:
    """The value of one formulation's loss, and the expression that computed it.

    Parameters
    ----------
    value
        The loss; the sum of its elements if it is not a scalar. None if a formulation gives gradients and their
        loss is not known.
    span
        The expression, or None if no user code called the op.
    description
        A description in words, if the loss is not an expression in the source, or if something else than a loss
        was compared.
    """

    value: float | None
    span: Span | None
    description: str | None = None

    def to_dict(self) -> LossDocument:
        """Return it as in the JSON."""
        return {
            "value": number_or_none(self.value),
            "span": span_or_none(self.span),
            "description": self.description,
        }


@dataclass(frozen=True, kw_only=True)
class VariableReport:
    """One variable, its two gradients, and the judgement of them.

    Parameters
    ----------
    path
        Its name: the variable's own path, or its name in the case.
    shape
        Its shape, which is also that of both gradients.
    dtype
        Its dtype, such as ``float32``.
    states
        The state of the reference's and the candidate's gradient: ``none``, ``zero`` (exactly), ``finite`` or
        ``non-finite``.
    judgement
        The verdict with the figures that it is based on.
    gradients
        The gradients as drawn in images, at most 64 × 64 elements each; not part of the JSON. None where no page
        was asked for, or nothing is to be seen.
    """

    path: str
    shape: Shape
    dtype: str
    states: tuple[State, State]
    judgement: Judgement
    gradients: Downsampled | None = field(default=None, compare=False, repr=False)

    @property
    def verdict(self) -> VariableVerdict:
        """The verdict on this variable alone."""
        return self.judgement.verdict

    @property
    def relative(self) -> float:
        """The relative difference, in float64 if that is available."""
        float64 = self.judgement.relative_float64
        return self.judgement.difference.relative if float64 is None else float64

    def to_dict(self) -> VariableDocument:
        """Return the figures by the names of the JSON schema."""
        apart = self.judgement.difference
        return {
            "path": self.path,
            "shape": shape_document(self.shape),
            "dtype": self.dtype,
            "verdict": self.verdict,
            "reference_state": self.states[0],
            "candidate_state": self.states[1],
            "reference_norm": number_or_none(apart.reference_norm),
            "candidate_norm": number_or_none(apart.candidate_norm),
            "max_abs_difference": number(apart.max_abs),
            "max_abs_difference_index": None if apart.worst is None else list(apart.worst),
            "relative_difference": number(apart.relative),
            "relative_difference_float64": number_or_none(self.judgement.relative_float64),
            "noise": number_or_none(self.judgement.noise),
            "lost": number_or_none(self.judgement.lost),
            "cosine": number_or_none(apart.cosine),
            "scale": number_or_none(apart.scale),
        }


@dataclass(frozen=True)
class Trials:
    """A comparison on several batches: how many, the seeds that were not equivalent, and the one that is shown."""

    count: int
    not_equivalent: tuple[int, ...]
    shown: int

    def to_dict(self) -> TrialsDocument:
        """Return it as in the JSON."""
        return {
            "count": self.count,
            "not_equivalent": list(self.not_equivalent),
            "shown": self.shown,
        }


@dataclass(frozen=True)
class SearchReport:
    """The search for a fix.

    Parameters
    ----------
    tried
        Number of edits that were tried.
    work
        Number of ops that were replayed for that.
    cut
        The limit that ended it before everything was tried: ``work``, ``time``, or None.
    """

    tried: int
    work: int
    cut: Cut | None

    def to_dict(self) -> SearchDocument:
        """Return it as in the JSON."""
        return {"tried": self.tried, "work": self.work, "cut": self.cut}


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of `gradcheck.diff`. It holds for the batch and the weights that were used.

    Parameters
    ----------
    name
        The case's name.
    verdict
        ``equivalent``, ``consistent``, ``different``, ``unstable``, ``vacuous`` or ``inconclusive``.
    reason
        One sentence that says what the verdict is based on.
    losses
        By side: ``reference`` and ``candidate``. Empty if the case could not be run.
    variables
        One entry per variable, in the order of the case.
    findings
        Explanations of the verdict, the most certain first.
    trials
        Set if several batches were compared; the rest of the report is about the worst of them.
    search
        Set if edits of the candidate were tried, or a limit ended the search before any was.
    parts
        The reports on several losses by name, if the formulations return them: this report shows the worst.
    alone
        Whether there is no reference, and the candidate on single samples takes its place.
    coupled_at
        The expressions that combine samples, if that is why the candidate could not be compared with itself.
    if_meant
        The report on the rest of the loss, with what these give held fixed; None where it could not be compared.
    held
        The expressions that gave what was held fixed at the batch's values; "" where nothing was.
    known
        Whether a baseline has the verdict, and all that explains it.
    """

    name: str
    verdict: Verdict
    reason: str
    losses: Mapping[str, LossReport]
    variables: tuple[VariableReport, ...]
    findings: tuple[Finding, ...]
    trials: Trials | None = None
    search: SearchReport | None = None
    parts: Mapping[str, Report] = field(default_factory=dict)
    alone: bool = False
    coupled_at: tuple[Span, ...] = ()
    if_meant: Report | None = None
    held: str = ""
    known: bool = False

    @property
    def each(self) -> tuple[Report, ...]:
        """The report on each of several losses; this one alone, where there is one loss."""
        return tuple(self.parts.values()) or (self,)

    @property
    def ran(self) -> bool:
        """Whether the formulations ran: else there is nothing but the reason why not."""
        return bool(self.losses or self.findings or self.alone)

    @property
    def equivalent(self) -> bool:
        """Whether no difference was found: ``equivalent``, or ``consistent`` without a reference.

        ``consistent`` claims less: the batch was only compared with its own samples.
        """
        return self.verdict in AGREEING

    def to_dict(self) -> ReportDocument:
        """Return the report as in the JSON: numbers that are not finite as strings, missing values as None.

        With several losses it also has `parts`, the report on each.
        """
        document: ReportDocument = {
            "name": self.name,
            "verdict": self.verdict,
            "reason": self.reason,
            "losses": {"reference": self._loss("reference"), "candidate": self._loss("candidate")},
            "variables": [variable.to_dict() for variable in self.variables],
            "findings": [finding_document(finding) for finding in self.findings],
            "trials": None if self.trials is None else self.trials.to_dict(),
            "search": None if self.search is None else self.search.to_dict(),
            "known": self.known,
        }
        if self.parts:
            document["parts"] = [part.to_dict() for part in self.parts.values()]
        return document

    def _loss(self, side: str) -> LossDocument | None:
        return self.losses[side].to_dict() if side in self.losses else None

    def __str__(self) -> str:
        return showing.text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))  # what IPython shows in a terminal

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return showing.html(self)


def could_not_check(name: str, reason: str) -> Report:
    """Return the report on a case that could not be judged, because of `reason`."""
    return Report(name=name, verdict="inconclusive", reason=reason, losses={}, variables=(), findings=())


AGREEING: tuple[Verdict, ...] = ("equivalent", "consistent")
"""The verdicts that let a test pass."""

_GRAVITY: tuple[Verdict, ...] = (
    "different",
    "unstable",
    "inconclusive",
    "vacuous",
    "consistent",
    "equivalent",
)


def worst(reports: Sequence[Report]) -> Report:
    """Return the report with the most severe verdict; among equals, the one that differs most."""

    def gravity(report: Report) -> tuple[int, float]:
        apart = [variable.relative for variable in report.variables]
        return _GRAVITY.index(report.verdict), -max(apart, default=0.0)

    return min(reports, key=gravity)


def exit_code(reports: list[Report]) -> int:
    """Return 0 when all are equivalent, consistent or known, 2 when something is not checked, 1 otherwise."""
    verdicts = {report.verdict for report in reports if not report.known}
    if "inconclusive" in verdicts or not reports:
        return 2
    return 0 if verdicts <= set(AGREEING) else 1

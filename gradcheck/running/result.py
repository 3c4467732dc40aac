"""What came of running one formulation in several ways, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck import showing
from gradcheck.documents import number_or_none
from gradcheck.running.document import ModeDocument, ModesReportDocument, ModeVerdict

VERDICTS: tuple[ModeVerdict, ...] = (
    "same",
    "different",
    "no_verdict",
    "information",
    "not_applicable",
    "not_run",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One way of running the formulation.

    Parameters
    ----------
    mode
        Its name, such as ``xla``.
    norm
        The Euclidean norm of the gradient for all variables; None where it was not taken.
    difference
        How far it is from the exact one, relative to the larger of both.
    noise
        How far rounding in this mode takes the gradient, relative to it; many times that is allowed.
    cosine
        Of the angle between both gradients.
    note
        An explanation, or an empty string.
    failed
        Whether the mode crashed or took too long.
    """

    mode: str
    verdict: ModeVerdict
    norm: float | None = None
    difference: float | None = None
    noise: float | None = None
    cosine: float | None = None
    note: str = ""
    failed: bool = False

    def to_dict(self) -> ModeDocument:
        """Return the row as in the JSON."""
        return {
            "mode": self.mode,
            "verdict": self.verdict,
            "norm": number_or_none(self.norm),
            "difference": number_or_none(self.difference),
            "noise": number_or_none(self.noise),
            "cosine": number_or_none(self.cosine),
            "note": self.note,
        }


@dataclass(frozen=True, kw_only=True)
class ModesReport:
    """The result of `gradcheck.modes`. It holds for the batch and the weights that were used.

    Parameters
    ----------
    name
        The name of the case.
    rows
        One per mode, in the order in which they are listed.
    reason
        Why nothing could be run, if so.
    about
        What holds for all rows, such as that random numbers were the same in each.
    environment
        The versions of what ran it, by name.
    """

    name: str
    rows: tuple[Row, ...]
    reason: str = ""
    about: str = ""
    environment: Mapping[str, str | None] = field(default_factory=dict, compare=False)

    @property
    def by_mode(self) -> Mapping[str, Row]:
        """The rows by the name of their mode."""
        return {row.mode: row for row in self.rows}

    @property
    def different(self) -> tuple[Row, ...]:
        """The modes in which the gradient is a wrong one."""
        return tuple(row for row in self.rows if row.verdict == "different")

    @property
    def same(self) -> bool:
        """Whether every mode that could be judged gives the same gradient, and at least one could."""
        return exit_code([self]) == 0

    def to_dict(self) -> ModesReportDocument:
        """Return the report as in the JSON: numbers that are not finite as strings, missing values as None."""
        return {
            "name": self.name,
            "reason": self.reason or None,
            "about": self.about or None,
            "modes": [row.to_dict() for row in self.rows],
        }

    def __str__(self) -> str:
        return showing.text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))  # what IPython shows in a terminal

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return showing.html(self)


def could_not_run(name: str, reason: str) -> ModesReport:
    """Return the report on a case of which no mode could be run, because of `reason`."""
    return ModesReport(name=name, rows=(), reason=reason)


def exit_code(reports: Sequence[ModesReport]) -> int:
    """Return 1 where a mode differs, 2 where something could not be judged, and 0 otherwise."""
    rows = [row for report in reports for row in report.rows]
    if any(row.verdict == "different" for row in rows):
        return 1
    unsure = any(row.verdict == "no_verdict" or row.failed for row in rows)
    held = all(any(row.verdict in _HELD for row in report.rows) for report in reports)
    return 2 if unsure or not held or not reports else 0


_HELD = ("same", "information")
"""What shows that a mode was run."""

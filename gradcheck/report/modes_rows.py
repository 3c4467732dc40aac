"""What is shown of modes in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gradcheck.report.wording import figure
from gradcheck.running.document import ModeVerdict
from gradcheck.running.result import ModesReport, Row

HEADS = ("mode", "norm", "differ", "noise", "cosine", "verdict")

LEGEND = (
    "norm: of the gradient for all variables; differ: from the gradient in float64, relative to the larger of the "
    "two; noise: how much one rounding in the precision of that mode changes it; up to 32 times that is allowed"
)

COLOUR: dict[ModeVerdict, str] = {
    "same": "green",
    "different": "red",
    "no_verdict": "amber",
    "information": "blue",
    "not_applicable": "dim",
    "not_run": "dim",
}


def shown(report: ModesReport) -> list[Row]:
    """Return the rows that have figures."""
    return [row for row in report.rows if row.norm is not None]


def left_out(report: ModesReport) -> list[Row]:
    """Return the rows that have none."""
    return [row for row in report.rows if row.norm is None]


def notes(rows: Sequence[Row]) -> list[tuple[list[Row], str]]:
    """Return each note with the rows that it is about, in the order of the first of them."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row.note:
            found.setdefault(row.note, []).append(row)
    return [(about, note) for note, about in found.items()]


def figures(row: Row) -> tuple[str, str, str, str]:
    """Return the figures of a row, formatted."""
    return (
        figure(row.norm, ".4g"),
        figure(row.difference, ".1e"),
        figure(row.noise, ".0e"),
        figure(row.cosine, ".4f"),
    )


def verdict(row: Row) -> str:
    """Return a verdict in words."""
    return row.verdict.replace("_", " ")


def headline(report: ModesReport) -> str:
    """Return the count of the verdicts, the ones that matter first."""
    if report.reason:
        return "not run"
    counts = Counter(row.verdict for row in report.rows)
    wanted: Sequence[ModeVerdict] = ("different", "no_verdict", "information", "same")
    said = ", ".join(f"{counts[one]} {one.replace('_', ' ')}" for one in wanted if counts[one])
    return said or "nothing was run"


def gravest(report: ModesReport) -> ModeVerdict:
    """Return the verdict that a headline has the colour of."""
    there = {row.verdict for row in report.rows}
    if "different" in there:
        return "different"
    return "same" if "same" in there and "no_verdict" not in there else "no_verdict"

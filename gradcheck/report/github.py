"""Reports as GitHub workflow commands, which become annotations next to the code.

The format is described in GitHub's documentation, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.comparison.report import Report
from gradcheck.findings import Finding
from gradcheck.report.wording import beside, tried
from gradcheck.source import Span

_LEVEL = {"error": "error", "suspicion": "warning", "note": "notice"}


def to_github(reports: Sequence[Report]) -> str:
    """Return one line per finding, and one per case that is not equivalent, at its candidate's loss."""
    lines = [line for report in reports for line in _lines(report)]
    return "".join(line + "\n" for line in lines)


def _lines(report: Report) -> list[str]:
    lines = [_finding_line(report, finding) for finding in report.findings]
    if not report.equivalent:
        candidate = report.losses.get("candidate")
        span = candidate.span if candidate else None
        title = f"gradcheck: {report.name} is {report.verdict}"
        lines.insert(0, _command(_level(report, "error"), span, title, report.reason))
    return lines


def _level(report: Report, level: str) -> str:
    """Return how loudly a report says something: what is known does not fail."""
    return "notice" if report.known else level


def _finding_line(report: Report, finding: Finding) -> str:
    fix = () if finding.fix is None else (f"fix: {finding.fix.text}",)
    proof = () if finding.proof is None else (f"tried: {tried(finding, finding.proof)}",)
    reference = () if finding.reference is None else (f"reference: {beside(finding)}",)
    message = "\n".join((finding.message, *reference, *finding.notes, *fix, *proof))
    title = f"gradcheck: {finding.cause} ({report.name})"
    return _command(_level(report, _LEVEL[finding.severity]), finding.span, title, message)


def _command(level: str, span: Span | None, title: str, message: str) -> str:
    properties = {**({} if span is None else _place(span)), "title": title}
    listed = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    return f"::{level} {listed}::{_escape(message)}"


def _place(span: Span) -> dict[str, str]:
    place = {"file": span.file, "line": str(span.line), "endLine": str(span.end_line)}
    if span.line == span.end_line:  # GitHub takes columns only within one line
        place |= {"col": str(span.column), "endColumn": str(span.end_column)}
    return place


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")

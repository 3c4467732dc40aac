"""Whether a failing report says nothing that a baseline does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcheck.accepted import in_baseline, verdict_in_baseline
from gradcheck.comparison.report import Report
from gradcheck.source import Span


def marked(report: Report) -> Report:
    """Return the report, `known` if its verdict and all that it proves or suspects is in the baseline.

    What could not be judged is never known.
    """
    if report.equivalent or report.verdict == "inconclusive" or not verdict_in_baseline(*_verdict(report)):
        return report
    reasons = [finding for finding in report.findings if finding.severity != "note"]
    return replace(
        report, known=all(each.span is not None and in_baseline(each.cause, each.span) for each in reasons)
    )


def findings_of(reports: Sequence[Report]) -> Iterator[tuple[str, Span]]:
    """Yield the code and the place of everything that was found."""
    for report in reports:
        for finding in report.findings:
            if finding.span is not None:
                yield finding.cause, finding.span


def verdicts_of(reports: Sequence[Report]) -> Iterator[tuple[str, str, str]]:
    """Yield the verdict, the file and the name of each case that fails."""
    for report in reports:
        if not report.equivalent and report.verdict != "inconclusive":
            yield _verdict(report)


def _verdict(report: Report) -> tuple[str, str, str]:
    candidate = report.losses.get("candidate")
    file = "" if candidate is None or candidate.span is None else candidate.span.file
    return report.verdict, file, report.name

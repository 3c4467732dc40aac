"""Fixes put into the source, so that what a finding prints can be run."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck.findings import Finding


def patched(source: str, findings: Iterable[Finding]) -> str:
    """Return `source` with the text of every fix in place of its finding's span, and nothing else."""
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for finding in sorted(findings, key=lambda f: (f.span.line, f.span.column), reverse=True):
        span = finding.span
        start = starts[span.line - 1] + span.column - 1
        end = starts[span.end_line - 1] + span.end_column - 1
        assert source[start:end] == span.text
        source = source[:start] + finding.fix.text + source[end:]
    return source


def fixes_in_source(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that were proved together, if the fix of each is written as source."""
    proved = [finding for finding in findings if finding.verified]
    return proved if all(finding.fix is not None and finding.fix.source for finding in proved) else []

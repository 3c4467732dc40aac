"""Reports as a SARIF log, which code scanning services and editors read.

The format is the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". Columns are
counted in Unicode code points, from 1, and the end is exclusive, as in a `Span`.
"""

from __future__ import annotations

import inspect
import json
import pathlib
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import Any

from gradcheck._version import __version__
from gradcheck.causes import module
from gradcheck.comparison.report import Report
from gradcheck.findings import Finding
from gradcheck.report.causes_page import summary
from gradcheck.report.wording import beside, tried
from gradcheck.source import Span

_LEVEL = {"error": "error", "suspicion": "warning", "note": "note"}

VERDICTS = {
    "different": "The gradients of the two formulations differ.",
    "unstable": "The gradients are equal in float64, but a formulation loses its precision as it runs.",
    "vacuous": "Nothing is shown: every gradient is zero or None on both sides.",
    "inconclusive": "The case could not be judged.",
}
"""The rules for cases that are not equivalent; every other rule is a cause."""


def to_sarif(reports: Sequence[Report]) -> str:
    """Return a log with a result per finding, and one per case that is not equivalent, at its candidate's loss."""
    results = [result for report in reports for result in _results(report)]
    rules = list(dict.fromkeys(result["ruleId"] for result in results))
    driver = {"name": "gradcheck", "version": __version__, "rules": [_rule(name) for name in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(reports)],
        "results": [result | {"ruleIndex": rules.index(result["ruleId"])} for result in results],
    }
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _invocation(reports: Sequence[Report]) -> dict[str, Any]:
    """Return whether everything could be judged, and what could not."""
    failed = [report for report in reports if report.verdict == "inconclusive"]
    notes = [{"level": "error", "message": _message(f"{one.name}: {one.reason}")} for one in failed]
    return {"executionSuccessful": not failed, "toolExecutionNotifications": notes}


def _rule(name: str) -> dict[str, Any]:
    if name in VERDICTS:
        return {"id": name, "shortDescription": _message(VERDICTS[name])}
    cause = module(name)
    taught = inspect.cleandoc(cause.__doc__ or "")
    return {
        "id": name,
        "shortDescription": _message(summary(cause)),
        "help": _message(taught, markdown=taught),
    }


def _results(report: Report) -> Iterator[dict[str, Any]]:
    if not report.equivalent:
        candidate = report.losses.get("candidate")
        yield _result(report, report.verdict, "error", report.reason, candidate.span if candidate else None)
    for finding in report.findings:
        yield _finding(report, finding)


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    proof = () if finding.proof is None else (f"tried: {tried(finding, finding.proof)}",)
    text = "\n".join((finding.message, *finding.notes, *proof))
    result = _result(report, finding.cause, _LEVEL[finding.severity], text, finding.span)
    result["properties"]["verified"] = finding.verified
    if finding.reference is not None:
        message = _message(f"reference: {beside(finding)}")
        result["relatedLocations"] = [_location(finding.reference) | {"message": message}]
    if finding.span is not None and finding.fix is not None and finding.fix.source:
        result["fixes"] = [_fix(finding, finding.span, finding.fix.text)]
    return result


def _result(report: Report, rule: str, level: str, text: str, span: Span | None) -> dict[str, Any]:
    result = {
        "ruleId": rule,
        "level": level,
        "message": _message(text),
        "locations": [] if span is None else [_location(span)],
        "properties": {"case": report.name},
    }
    known = {"kind": "external", "status": "accepted", "justification": "it is in the baseline"}
    return result | ({"suppressions": [known]} if report.known else {})


def _fix(finding: Finding, span: Span, text: str) -> dict[str, Any]:
    also = () if finding.proof is None else finding.proof.needs_also
    said = f"{text}, together with the fix at {' and at '.join(also)}" if also else text
    replacement = {"deletedRegion": _region(span), "insertedContent": {"text": text}}
    change = {"artifactLocation": {"uri": _uri(span.file)}, "replacements": [replacement]}
    return {"description": _message(said), "artifactChanges": [change]}


def _location(span: Span) -> dict[str, Any]:
    region = _region(span) | ({"snippet": {"text": span.text}} if span.text else {})
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file)}, "region": region}}


def _region(span: Span) -> dict[str, Any]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(file: str) -> str:
    """Return a path as a reference: relative ones stay so, as a repository's files are named."""
    path = pathlib.PurePath(file)
    return path.as_uri() if path.is_absolute() else urllib.parse.quote(path.as_posix())


def _message(text: str, **more: str) -> dict[str, str]:
    return {"text": text, **more}

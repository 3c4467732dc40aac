"""The formats in which results are written as a document, by name. A table is none: it suits where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gradcheck.comparison.report import Report
from gradcheck.report import health_html, health_markdown, modes_html, modes_markdown, run_report
from gradcheck.report.github import to_github
from gradcheck.report.html import to_html
from gradcheck.report.json_document import to_json
from gradcheck.report.markdown import to_markdown
from gradcheck.report.run_report import RunReport
from gradcheck.report.sarif import to_sarif
from gradcheck.running.result import ModesReport


def _modes_as_json(reports: Sequence[ModesReport]) -> str:
    return to_json(reports, called="targets", versions=reports[0].environment)


OF_CASES: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "json": to_json,
    "github": to_github,
    "html": to_html,
    "markdown": to_markdown,
    "sarif": to_sarif,
}

OF_MODES: Mapping[str, Callable[[Sequence[ModesReport]], str]] = {
    "json": _modes_as_json,
    "html": modes_html.to_html,
    "markdown": modes_markdown.to_markdown,
}

OF_A_RUN: Mapping[str, Callable[[RunReport], str]] = {
    "json": run_report.to_json,
    "html": health_html.to_page,
    "markdown": health_markdown.to_markdown,
}

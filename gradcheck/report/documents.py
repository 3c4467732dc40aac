"""The formats in which reports on cases are written as a document, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gradcheck.comparison.report import Report
from gradcheck.report.github import to_github
from gradcheck.report.html import to_html
from gradcheck.report.json_document import to_json
from gradcheck.report.markdown import to_markdown
from gradcheck.report.sarif import to_sarif

DOCUMENTS: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "json": to_json,
    "github": to_github,
    "html": to_html,
    "markdown": to_markdown,
    "sarif": to_sarif,
}
"""Each returns the whole document. The table is not here: it suits the width and colours of where it is shown."""

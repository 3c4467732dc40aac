"""A finding as markdown: what an issue or a pull request shows well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.findings import Finding
from gradcheck.report.snippet import to_source
from gradcheck.report.wording import beside, label, tried


def finding_markdown(finding: Finding) -> Iterator[str]:
    """Yield the blocks that say everything there is to say of one finding, each ended by an empty line."""
    yield f"**{label(finding)}**: {finding.message}\n"
    if finding.span is not None:
        yield f"{code(finding.span.place)}\n"
        yield fenced("text", to_source(finding))
    points = [f"- {point}" for point in _points(finding)]
    if points:
        yield "\n".join(points) + "\n"
    if finding.fix is not None and finding.fix.source and finding.proof is not None:
        yield f"Fix ({tried(finding, finding.proof)}):\n"
        yield fenced("python", finding.fix.text)


def _points(finding: Finding) -> Iterator[str]:
    if finding.reference is not None:
        yield f"reference: {code(beside(finding))}"
    yield from finding.notes
    written = finding.fix is not None and finding.fix.source
    if finding.fix is not None and not written:
        yield f"fix: {finding.fix.text}"
    if finding.proof is not None and not written:
        yield f"tried: {tried(finding, finding.proof)}"


def fenced(language: str, text: str) -> str:
    """Return a block of code, fenced by more backticks than it contains in a row."""
    fence = "`" * max(3, 1 + _longest_run(text))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def code(text: str) -> str:
    """Return code within a sentence."""
    fence = "`" * (1 + _longest_run(text))
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def row(cells: Sequence[str]) -> str:
    """Return a row of a table. A bar within a cell would end it, even in code."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _longest_run(text: str) -> int:
    return max(map(len, "".join(c if c == "`" else " " for c in text).split()), default=0)

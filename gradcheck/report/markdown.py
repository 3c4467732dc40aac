"""Reports as markdown, to paste into an issue or a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.comparison.report import LossReport, Report, VariableReport
from gradcheck.report.finding_markdown import code, fenced, finding_markdown, row
from gradcheck.report.wording import (
    compared,
    dimensions,
    figure,
    legend,
    norm,
    norm_heads,
    on_search,
    sides,
)


def to_markdown(reports: Sequence[Report]) -> str:
    """Return a heading for each report, with its losses, findings and variables."""
    return "\n".join(block for report in reports for block in _case(report))


def _case(report: Report) -> Iterator[str]:
    yield f"## {code(report.name)}: {report.verdict}{', known' if report.known else ''}\n"
    yield from _reason(report.reason)
    if report.losses:
        lines = [f"- {_loss(sides(report)[side], loss)}" for side, loss in report.losses.items()]
        yield "\n".join(lines) + "\n"
    for finding in report.findings:
        yield from finding_markdown(finding)
    ended = on_search(report)
    if ended:
        yield f"{ended}.\n"
    if report.variables:
        yield from _variables(report)


def _reason(reason: str) -> Iterator[str]:
    """Yield the reason; one of several lines ends in a traceback."""
    first, _, rest = reason.partition("\n")
    yield f"{first}\n"
    if rest.strip():
        yield fenced("text", rest.strip("\n"))


def _loss(side: str, loss: LossReport) -> str:
    value = figure(loss.value, ".7g")
    if loss.span is None:
        return f"{side}: {value}, {loss.description or 'a constant, not computed by any op'}"
    place, text = code(f"{loss.span.file}:{loss.span.line}"), loss.span.text.partition("\n")[0]
    return f"{side}: {value} at {place}: {code(text)}"


def _variables(report: Report) -> Iterator[str]:
    heads = ("variable", *norm_heads(report), "differ", "noise", "cosine", "verdict")
    rows = [_row(variable) for variable in report.variables]
    table = [row(heads), f"| --- |{' ---: |' * (len(heads) - 2)} --- |", *map(row, rows)]
    yield "\n".join(table) + "\n"
    yield f"{legend(report.variables)}.\n"


def _row(variable: VariableReport) -> Sequence[str]:
    difference = variable.judgement.difference
    reference, candidate = variable.states
    return (
        f"{code(variable.path)} {dimensions(variable.shape)}",
        norm(reference, difference.reference_norm),
        norm(candidate, difference.candidate_norm),
        *compared(variable),
        variable.verdict,
    )

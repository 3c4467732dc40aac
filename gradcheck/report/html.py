"""Reports as HTML: a self-contained page, and a fragment for notebooks."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.comparison.report import AGREEING, LossReport, Report, VariableReport
from gradcheck.judgement.verdict import VariableVerdict
from gradcheck.report.cause_html import cause_html
from gradcheck.report.finding_html import finding_html
from gradcheck.report.heatmap import pictures
from gradcheck.report.html_frame import framed
from gradcheck.report.html_markup import code, fragment, page, prose, table, tag, text
from gradcheck.report.wording import compared, dimensions, figure, legend, norm, norm_heads, on_search, sides

_COLOUR: dict[VariableVerdict, str] = {
    "equivalent": "green",
    "consistent": "green",
    "different": "red",
    "unstable": "red",
    "vacuous": "amber",
    "inconclusive": "amber",
    "rounding": "dim",
}

_MANY = 4
"""With more variables than this, the pictures of those that agree are folded up."""


def to_html(reports: Sequence[Report]) -> str:
    """Return one page on all of `reports`."""
    sections = [(report.name, _verdict(report.verdict), case_html(report)) for report in reports]
    title = ", ".join(f"{report.name} {report.verdict}" for report in reports[:3])
    return page(f"gradcheck: {title}{', …' * (len(reports) > 3)}", *framed("gradcheck", sections))


def to_fragment(report: Report) -> str:
    """Return one report as a fragment for another page."""
    return fragment("".join(map(case_html, report.each)))


def case_html(report: Report) -> str:
    """Return everything there is to say about one case."""
    parts = [_headline(report), _reason(report.reason)]
    if report.losses:
        parts += [tag("h3", "Losses"), _losses(report)]
    parts += [finding_html(finding) for finding in report.findings]
    parts += [cause_html(cause) for cause in dict.fromkeys(finding.cause for finding in report.findings)]
    ended = on_search(report)
    if ended:
        parts.append(tag("p", text(f"{ended}."), class_="dim small"))
    if report.variables:
        parts += [tag("h3", "Variables"), _variables(report), _gradients(report)]
    return "".join(parts)


def _verdict(verdict: VariableVerdict) -> str:
    return tag("span", text(verdict), class_=f"verdict {_COLOUR[verdict]}")


def _headline(report: Report) -> str:
    known = tag("span", "known: it is in the baseline", class_="dim small") if report.known else ""
    return tag("h2", text(report.name), " ", _verdict(report.verdict), " " if known else "", known)


def _reason(reason: str) -> str:
    """Return the reason; one of several lines ends in a traceback."""
    first, _, rest = reason.partition("\n")
    return tag("p", prose(first)) + (tag("pre", text(rest.strip("\n")), class_="said") if rest else "")


def _losses(report: Report) -> str:
    rows = [tag("tr", *_loss(sides(report)[side], loss)) for side, loss in report.losses.items()]
    return tag("table", tag("tbody", *rows), class_="losses")


def _loss(side: str, loss: LossReport) -> tuple[str, ...]:
    cells = tag("th", text(side), scope="row"), tag("td", text(figure(loss.value, ".7g")), class_="figure")
    if loss.span is None:
        said = text(loss.description or "a constant, not computed by any op")
        return *cells, tag("td", said, class_="dim")
    place = tag("span", text(f"{loss.span.file}:{loss.span.line}"), class_="dim small")
    return *cells, tag("td", code(loss.span.text.partition("\n")[0]), tag("br"), place)


def _variables(report: Report) -> str:
    heads = ("variable", *norm_heads(report), "differ", "noise", "cosine", "verdict")
    shown = table(heads, [_variable(variable, heads) for variable in report.variables], "variables")
    return shown + tag("p", text(legend(report.variables)), class_="dim small")


def _variable(variable: VariableReport, heads: Sequence[str]) -> str:
    judgement = variable.judgement
    reference, candidate = variable.states
    figures = (
        norm(reference, judgement.difference.reference_norm),
        norm(candidate, judgement.difference.candidate_norm),
        *compared(variable),
    )
    return tag(
        "tr",
        tag("td", _named(variable)),
        *(
            tag("td", text(shown), class_="figure", data_label=label)
            for label, shown in zip(heads[1:], figures, strict=False)
        ),
        tag("td", _verdict(variable.verdict), data_label="verdict"),
    )


def _named(variable: VariableReport) -> str:
    """Return the path, which may go on in the next line after a `/`, and the shape."""
    path = tag("code", text(variable.path).replace("/", "/<wbr>"))
    return f"{path} {tag('span', text(dimensions(variable.shape)), class_='dim dimensions')}"


def _gradients(report: Report) -> str:
    few = len(report.variables) <= _MANY
    names = tuple(sides(report).values())
    drawn = [_gradient(variable, few, names) for variable in report.variables]
    if not any(drawn):
        return ""
    return tag("h3", "Gradients") + "".join(drawn)


def _gradient(variable: VariableReport, few: bool, names: Sequence[str]) -> str:
    """Return the pictures of one variable, folded up where it is one of many that agree."""
    drawn = pictures(variable, names)
    if not drawn:
        return ""
    summary = tag("summary", _named(variable), " ", _verdict(variable.verdict))
    is_open = few or variable.verdict not in (*AGREEING, "vacuous", "rounding")
    return tag("details", summary, drawn, class_="gradient", open="" if is_open else None)

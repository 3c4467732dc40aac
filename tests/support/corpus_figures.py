"""How well the corpus of real losses is explained: four figures for each file, and the page made of them."""

from __future__ import annotations

import pathlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import gradcheck
from gradcheck.comparison.report import Report
from gradcheck.findings import Finding
from gradcheck.program.work import WORK
from support import corpus
from support.manifest import ENTRIES, Entry, file_of


@dataclass(frozen=True)
class Figures:
    """What was held against the known truth about one file of the corpus."""

    name: str
    equivalent: bool
    verdict: bool
    cause: bool
    line: bool
    fix: bool
    accused: bool

    @property
    def missed(self) -> list[str]:
        """The figures that are not as they should be."""
        wanted = ("verdict",) if self.equivalent else ("verdict", "cause", "line", "fix")
        return [name for name in wanted if not getattr(self, name)]


def explained(name: str, work: int = WORK) -> Report:
    """Return the report on a file of the corpus."""
    return gradcheck.diff(corpus.case(name), work=work)


def figures(name: str, report: Report) -> Figures:
    """Hold a report against the truth: the cause and the line that are named first; a proved fix."""
    truth = corpus.truth(name)
    first = report.findings[0] if report.findings else None
    return Figures(
        name=name,
        equivalent=truth.equivalent,
        verdict=report.equivalent == truth.equivalent,
        cause=first is not None and first.cause == truth.cause,
        line=first is not None and _is_on(marked_line(name), first),
        fix=any(finding.fix is not None for finding in report.findings),
        accused=any(finding.severity != "note" for finding in report.findings),
    )


def marked_line(name: str) -> int | None:
    """Return the number of the line that is at fault, from 1."""
    lines = file_of(name).read_text().splitlines()
    marker = corpus.truth(name).line_marker
    return next((number for number, line in enumerate(lines, start=1) if line.strip() == marker), None)


def _is_on(line: int | None, finding: Finding) -> bool:
    return (
        line is not None and finding.span is not None and finding.span.line <= line <= finding.span.end_line
    )


WHY_MISSED = {
    "argmax_between_networks": (
        "the cut is named, and its line, but no edit repairs it: the reference passes the probabilities on, "
        "not the most likely token"
    ),
    "half_precision_mask_1e10": (
        "unstable, not different: in float64 there is nothing to repair; the cast that overflows is named"
    ),
    "pairwise_logistic_plus_sign": (
        "the same sign can be put right in the comparison one line earlier; that edit is as good, and is found "
        "first"
    ),
    "replica_means_added": (
        "the repair is a mean in place of the sum of all parts, one line after the one that is marked"
    ),
    "softmax_before_cross_entropy": (
        "the softmax is marked, one line before the loss that the known truth marks and that could take "
        "probabilities instead"
    ),
    "td_error_clipped_then_squared": (
        "the clip is named, but a Huber loss is more than the same expression without it: one edit does not "
        "suffice, nor two"
    ),
    "vq_straight_through_too_early": (
        "the stop that cuts off the codebook is named; the repair gives two uses of one name different values, "
        "which no edit of one place does"
    ),
}
"""Why some figures are not as they should be, in a sentence each."""


def totals(results: list[Figures]) -> list[str]:
    """Return the rows of a table: how often each figure is as it should be."""
    wrong = [one for one in results if not one.equivalent]
    right = [one for one in results if one.equivalent]
    rows = [
        ("verdict right", sum(one.verdict for one in results), len(results)),
        ("cause named first", sum(one.cause for one in wrong), len(wrong)),
        ("marked line named first", sum(one.line for one in wrong), len(wrong)),
        ("a proved fix", sum(one.fix for one in wrong), len(wrong)),
        ("equivalent, and nothing held against it", sum(not one.accused for one in right), len(right)),
    ]
    return [
        "| figure | |",
        "| --- | --- |",
        *(f"| {what} | {count} of {whole} |" for what, count, whole in rows),
    ]


def as_markdown(results: list[Figures], made: list[Figures]) -> str:
    """Return the page `docs/corpus.md`."""
    wrong = [one for one in results if not one.equivalent]
    missed = [
        f"- `{one.name}` ({', '.join(one.missed)}): {WHY_MISSED[one.name]}." for one in wrong if one.missed
    ]
    parts = [_HEAD, *totals(results), _MADE, *totals(made), *history(), _MISSED, *missed, _TABLE]
    return "\n".join([*parts, *(_row(one) for one in results)]) + "\n"


def history(listed: Iterable[Entry] = ENTRIES.values()) -> list[str]:
    """Return the section on which losses were at hand while `gradcheck` was written."""
    counts = Counter((entry.measured, entry.unseen) for entry in listed)
    rows = [
        f"| {measured} | {count} | {'no' if unseen else 'yes'} |"
        for (measured, unseen), count in sorted(counts.items())
    ]
    return [_HISTORY, *rows]


_HISTORY = """
## What was known beforehand

Figures on losses that `gradcheck` was written with say little about the next one. `tests/corpus/manifest.toml`
has for each loss its source, the day of its first figures, and whether they were taken before anything was
written or changed with that loss at hand:

| first measured | losses | known beforehand |
| --- | --- | --- |"""

_HEAD = """\
# The corpus

Losses from public threads, re-expressed in TensorFlow, each with two formulations, a proven answer to whether
they are equivalent, and, where they are not, the cause and the line at fault. They lie in
`tests/corpus/threads`, each with its source. This page is written by `docs/make_corpus_table.py`; the tests
hold the totals.
"""
_MADE = """
`tests/corpus/made` holds further ones, made up after mistakes that people make, without a look at how these are
found. Some causes were widened because of them, so the figures on further losses would be lower:
"""
_MISSED = "\n## What is missed\n\nOf those from public threads:\n"
_TABLE = """
## File by file

| file | equivalent | verdict | cause | line | fix |
| --- | --- | --- | --- | --- | --- |"""


def _row(one: Figures) -> str:
    if one.equivalent:
        return f"| {one.name} | yes | {_mark(one.verdict)} | {'accused' if one.accused else '–'} | – | – |"
    marks = " | ".join(_mark(value) for value in (one.verdict, one.cause, one.line, one.fix))
    return f"| {one.name} | no | {marks} |"


def _mark(value: bool) -> str:
    return "yes" if value else "**no**"


def write(path: pathlib.Path) -> None:
    """Measure everything, which takes minutes, and write the page."""
    results, made = (
        [figures(name, explained(name)) for name in names] for names in (corpus.NAMES, corpus.MADE)
    )
    path.write_text(as_markdown(results, made), encoding="utf-8")

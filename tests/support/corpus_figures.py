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
    """Hold a report against the truth: the cause and the line that are named first; proved fix."""
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
    "half_precision_mask_1e10": (
        "unstable, not different: in float64 there is nothing to fix; the cast that overflows is reported"
    ),
    "pairwise_logistic_plus_sign": (
        "the sign can also be corrected in the comparison one line earlier; that edit is as good, and is "
        "found first"
    ),
    "replica_means_added": (
        "the fix is a mean instead of the sum of all parts, one line after the marked line"
    ),
    "softmax_before_cross_entropy": (
        "the softmax is reported, one line before the marked loss, which could take probabilities instead"
    ),
    "td_error_clipped_then_squared": (
        "the clip is reported, but a Huber loss is not the same expression without the clip: neither one edit "
        "nor two are enough"
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
        ("equivalent, and no error or suspicion reported", sum(not one.accused for one in right), len(right)),
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
    parts = [
        _HEAD,
        *unseen(),
        _KNOWN,
        *totals(results),
        _MADE,
        *totals(made),
        *history(),
        _MISSED,
        *missed,
        _TABLE,
    ]
    return "\n".join([*parts, *(_row(one) for one in results), "", "</details>"]) + "\n"


def unseen(listed: Iterable[Entry] = ENTRIES.values()) -> list[str]:
    """Return the rows on losses that nobody had seen: what was right when each set was measured first."""
    sets: dict[str, list[Entry]] = {}
    for entry in listed:
        if entry.unseen:
            sets.setdefault(entry.set, []).append(entry)
    rows = [
        f"| {name} | {' | '.join(_first(what, each) for what in _FIRST)} |" for name, each in sets.items()
    ]
    return [f"| set | {' | '.join(_FIRST)} |", f"| --- |{' --- |' * len(_FIRST)}", *rows]


_FIRST = {
    "verdict": "verdict",
    "place proved": "proved",
    "cause first": "cause",
    "line first": "line",
    "or one as good": "as_good",
    "proved fix": "fix",
    "as source": "source",
}
"""What is counted, and what the manifest calls it."""


def _first(what: str, entries: list[Entry]) -> str:
    counted = entries if what == "verdict" else [entry for entry in entries if not entry.equivalent]
    if what == "or one as good" and not any("as_good" in entry.first for entry in counted):
        return ""
    return f"{sum(_FIRST[what] in entry.first for entry in counted)} of {len(counted)}"


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

Figures on losses that were known while `gradcheck` was written say little about the next loss. For each loss,
`tests/corpus/manifest.toml` has its source, the day of its first figures, and whether these were taken before
anything was written or changed with knowledge of that loss:

| first measured | losses | known beforehand |
| --- | --- | --- |"""

_HEAD = """\
# The corpus

The corpus consists of losses from public threads, rewritten in TensorFlow. Each has two formulations, a proven
answer to whether they are equivalent and, if they are not, the cause and the line at fault. They are in
`tests/corpus/threads`, each with its source. `docs/make_corpus_table.py` writes this page; the tests check the
totals.

## On losses that nobody had seen

What to expect on a loss of your own. These sets were written from public threads by people who knew neither the
code nor the other losses, and each was measured once before anything was changed: those with a number later, when
the ones before had been used to improve `gradcheck`. They are in `tests/corpus/unseen`; the manifest has each
loss's first figures. No right loss was called different. Of the thirteen wrong losses without the right verdict,
two lose the same gradient on both sides (`dead` is reported), four were `inconclusive`, six ended in an error
(three in one of gradcheck's own, and three because a change that was tried made TensorFlow end the process), and
of one the explanation never ended. These seven are mended. (`all fields, 8` was measured with a fault that was
never released: changes of losses that compute with variables directly were refused. Without it, 13 of 27 have a
fix as source.)

One line is marked in each loss. Where it could be mended as well in another one, the writers of later sets named
that too, before anything was measured; `or one as good` counts these.
"""
_KNOWN = """
## On losses that it was developed with
"""
_MADE = """
`tests/corpus/made` contains more losses, modelled on mistakes that people make and written without looking at how
gradcheck finds them. Some causes were extended because of them, so the figures on new losses would be lower:
"""
_MISSED = "\n## What is missed\n\nAmong the losses from public threads:\n"
_TABLE = """
## File by file

<details markdown="1">
<summary>Each loss from a public thread</summary>

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

"""Losses that couple their samples where that is meant: what was held fixed, and what the rest says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.accepted import accepted
from gradcheck.comparison.coupled_samples import in_words, place_of
from gradcheck.comparison.report import Report
from gradcheck.program.recording import Recording, SampleCoupling
from gradcheck.program.sample_runs import Output, combined_in
from gradcheck.source import Span

NEEDS_ONE = (
    "a loss that is meant to couple its samples cannot be compared with itself on single samples and needs a "
    "reference"
)

_NOT_FOUND = (
    "the gradient of the batch is neither the mean nor the sum of its samples' gradients, and no "
    "expression that combines samples was found: the loss may depend on their number or order, count "
    "a term once per batch, or use a statistic of the batch from Python or NumPy. Such a loss needs "
    "a reference"
)


def where(measured: SampleCoupling, recording: Recording) -> str:
    """Return where samples are combined, as the reason why the verdict is inconclusive."""
    if not measured.meetings:
        return _NOT_FOUND
    said = in_words(measured.meetings[0], recording)
    first = measured.meetings[0].op.span
    others = dict.fromkeys(place_of(met.op) for met in measured.meetings if met.op.span not in (first, None))
    also = f", and so are they in {_listed(list(others))}" if others else ""
    return (
        f"samples are combined: {said}{also}; {NEEDS_ONE}; if this loss is not meant to, the mistake is there"
    )


_MOST = 3


def _listed(places: Sequence[str]) -> str:
    more = f" and {len(places) - _MOST} more" if len(places) > _MOST else ""
    shown = places[:_MOST]
    return (
        ", ".join(shown) if more else " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
    ) + more


def rest(beyond: Report | str | None) -> str:
    """Return what was seen of the rest of the loss; "" if it could not be compared."""
    if isinstance(beyond, Report):
        return "; with that held at the batch's values, samples are combined nowhere else"
    if beyond:
        return f"; with that held at the batch's values, samples are combined in another place too: {beyond}"
    return ""


def held_in_words(held: Sequence[Output], recording: Recording, measured: SampleCoupling) -> str:
    """Return where that was made which is held fixed."""
    return _listed(list(dict.fromkeys(map(place_of, combined_in(held, recording, measured)))))


def with_held(report: Report, told: str) -> Report:
    """Return a report on a comparison in which values of the batch were held fixed, with that said."""
    said = (
        f"what {told} made of the samples was held at the batch's values, and the gradient through it was not "
        "compared"
    )
    return replace(report, reason=f"{report.reason}; {said}", held=told)


def places(measured: SampleCoupling, held: Sequence[Output], recording: Recording) -> tuple[Span, ...]:
    """Return the expressions that combine samples, one of each line: what was measured, and what is held."""
    ops = [meeting.op for meeting in measured.meetings] + combined_in(held, recording, measured)
    by_line: dict[tuple[str, int], Span] = {}
    for op in ops:
        if op.span is not None:
            by_line.setdefault((op.span.file, op.span.line), op.span)
    return tuple(by_line.values())


def as_meant(report: Report) -> Report:
    """Return the report on the rest of the loss, if every place that combines its samples is accepted."""
    if report.if_meant is None or not report.coupled_at:
        return report
    return report.if_meant if all(accepted("other", span) for span in report.coupled_at) else report

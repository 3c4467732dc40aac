"""Several fixes of one expression as one: each holds the mistakes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.comparison.goals import Goals
from gradcheck.comparison.repairs import proof_of
from gradcheck.comparison.where import where_of
from gradcheck.comparison.wording_of_places import message_without_counterpart
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix
from gradcheck.source import Span
from gradcheck.source.writing import merged


def in_one_text(found: Sequence[Finding], pair: FormulationPair, goals: Goals) -> list[Finding]:
    """Return the findings with one fix for all that change the same expression; with none if that does not help.

    Each fix repairs its place with the other places as the reference has them: whoever writes one of them there
    has not got the others.
    """
    spans = [one.span for one in found if one.fix is not None and one.fix.source]
    shared = dict.fromkeys(span for span in spans if span is not None and spans.count(span) > 1)
    if not shared:
        return list(found)
    rest = [one for one in found if one.span not in shared or one.fix is None]
    return [*(_as_one(span, found, pair, goals) for span in shared), *rest]


def _as_one(span: Span, found: Sequence[Finding], pair: FormulationPair, goals: Goals) -> Finding:
    alike = [one for one in found if one.span == span and one.fix is not None]
    without = replace(alike[0], fix=None)
    if len(alike) < len(found):
        return without  # the others would have to be written with it
    text: str | None = span.text
    for one in alike:
        text = merged(span.text, text, one.fix.text) if text is not None and one.fix is not None else None
    where = where_of(span, pair.runs[1].recording)
    site = None if where is None else where.site()
    if text is None or site is None:
        return without
    written = Transplant(site, text, site)
    proved = proof_of(written, pair, goals)
    if proved is None:
        return without
    proof, note = proved
    notes = (*alike[0].notes, *filter(None, [note]))
    message = message_without_counterpart(written)
    return replace(alike[0], message=message, notes=notes, proof=proof, fix=Fix(text=written.text))

"""One finding for a variable without a gradient and for the fix that gives it the reference's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.findings import Finding


def with_what_it_restores(
    found: Sequence[Finding], seen: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return what is proved and what was seen: gradients that end are told with the one fix that restores them.

    With it all gradients are the reference's, which has one for these variables. Its cause is theirs if it names
    no other.
    """
    ends = [one for one in seen if one.cause == "disconnected" and one.severity == "error"]
    if not ends or len(found) != 1 or found[0].fix is None:
        return [*found], [*seen]
    notes = dict.fromkeys(note for one in ends for note in _told(one))
    cause = "disconnected" if found[0].cause == "other" else found[0].cause
    whole = replace(found[0], cause=cause, notes=(*found[0].notes, *notes))
    return [whole], [one for one in seen if one not in ends]


def _told(end: Finding) -> Sequence[str]:
    """Return what is known of a gradient that ends; where a variable is never read, that is all."""
    return [end.message] if end.span is None else [f"{end.message} ({end.span.place})", *end.notes]

"""Two edits of one expression as one."""

from __future__ import annotations

import itertools
from dataclasses import replace

from gradcheck.repair.proposal import Proposal


def merged(one: Proposal, other: Proposal) -> Proposal:
    """Return two proposals for one expression as one. Where their texts cannot be put together, it has none."""
    span = one.finding.span
    text = None
    if span is not None and one.text is not None and other.text is not None:
        text = both_changes(span.text, one.text, other.text)
    finding = replace(
        one.finding,
        message=f"{one.finding.message}; and {other.finding.message}",
        notes=tuple(dict.fromkeys((*one.finding.notes, *other.finding.notes))),
    )
    return replace(one, finding=finding, edits=(*one.edits, *other.edits), text=text)


def both_changes(original: str, one: str, other: str) -> str | None:
    """Return `original` with what was changed in `one` and what was changed in `other`, where these are apart."""
    (start, end), (other_start, other_end) = _changed(original, one), _changed(original, other)
    if start > other_start:
        return both_changes(original, other, one)
    if end > other_start:
        return None
    first = one[start : len(one) - (len(original) - end)]
    second = other[other_start : len(other) - (len(original) - other_end)]
    return original[:start] + first + original[end:other_start] + second + original[other_end:]


def _changed(original: str, new: str) -> tuple[int, int]:
    """Return which part of `original` is another one in `new`."""
    start = _in_common(original, new)
    room = min(len(original), len(new)) - start
    return start, len(original) - min(_in_common(original[::-1], new[::-1]), room)


def _in_common(one: str, other: str) -> int:
    """Return with how many characters both begin."""
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))

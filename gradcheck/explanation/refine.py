"""A place that repairs, and the one next to it at which a person would look."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.groups import Group
from gradcheck.explanation.interchange import Hit, Interchanger
from gradcheck.program.ops import DIVISIONS, HAND_ON, HOMOGENEOUS, multiplies
from gradcheck.program.recording import Op
from gradcheck.source import Site, statement_at


def refined(hit: Hit, alignment: Alignment, interchanger: Interchanger) -> Hit:
    """Return the hit, or one beside it that repairs the candidate as well and says more of the mistake."""
    return (
        _before_the_step_that_is_missing(hit, alignment, interchanger)
        or _at_the_reduction(hit, alignment, interchanger)
        or hit
    )


def _before_the_step_that_is_missing(
    hit: Hit, alignment: Alignment, interchanger: Interchanger
) -> Hit | None:
    """Return the hit at what is read there, where the reference takes one step more with it.

    What is read is right as far as it goes, so that it was not tried itself. The step is missing where the
    quantity is made if all its readers need it, or if the reference takes it in the very statement.
    """
    for group in _read_by(hit.candidate, alignment):
        for match in alignment.matches(group):
            if abs(match.factor) != 1 or match.total:
                continue
            for other in _next(match.group, alignment):
                together = _statement(match.group.op) == _statement(other.op)
                if other.size == group.size and (together or _is_read_elsewhere(group, hit, alignment)):
                    found = interchanger.replaced(group, other)
                    if found is not None and abs(found.splice.source.factor) == 1:
                        return found
    return None


def _read_by(group: Group, alignment: Alignment) -> list[Group]:
    """Return the quantities of other statements that one is made from and the reference has, the last first."""
    candidate = alignment.candidate
    found: dict[object, Group] = {}
    seen, pending = set[int](), [number for op in group.ops for number in op.inputs]
    while pending:
        number = pending.pop()
        made = candidate.of.get(number)
        if number in seen or made is None:
            continue
        seen.add(number)
        if alignment.standing(made) not in ("same", "moved"):
            pending.extend(number for op in made.ops for number in op.inputs)
        elif _statement(made.op) != _statement(group.op):
            found[made.key] = made
    return sorted(found.values(), key=lambda one: -one.op.index)[:_MOST]


_MOST = 8
"""How many quantities are tried: those made last are the likeliest."""


def _next(group: Group, alignment: Alignment) -> Iterator[Group]:
    """Yield what the reference makes of a quantity in one step."""
    reference = alignment.reference
    seen = set[object]()
    for number in group.numbers:
        for reader in reference.recording.consumers.get(number, ()):
            made = reference.of.get(reader.outputs[0]) if reader.outputs else None
            if made is not None and made.key not in seen:
                seen.add(made.key)
                yield made


def _is_read_elsewhere(group: Group, hit: Hit, alignment: Alignment) -> bool:
    recording = alignment.candidate.recording
    own = _statement(hit.candidate.op)
    readers = (reader for number in group.numbers for reader in recording.consumers.get(number, ()))
    return any(reader.index in recording.contributing and _statement(reader) != own for reader in readers)


def _statement(op: Op) -> object:
    return None if op.site is None else _statement_of(op.site)


def _statement_of(site: Site) -> object:
    span = statement_at(site)
    return span.file, span.line, span.column


def _at_the_reduction(hit: Hit, alignment: Alignment, interchanger: Interchanger) -> Hit | None:
    """Return the hit at the mean or sum that is taken next, where only a factor is wrong: these make factors."""
    source = hit.splice.source
    if source.total or abs(source.factor) == 1 or not hit.candidate.moves:
        return None
    group = _only_made_of(hit.candidate, alignment)
    while group is not None and (group.op.type in _PASS_FACTORS or multiplies(group.op.type)):
        group = _only_made_of(group, alignment)
    if group is None or group.op.type not in ("Mean", "Sum"):
        return None
    return interchanger.replaced(group, hit.reference)


_PASS_FACTORS = HAND_ON | DIVISIONS | HOMOGENEOUS


def _only_made_of(group: Group, alignment: Alignment) -> Group | None:
    """Return the one quantity that is made of another; None if there are several."""
    recording, known = alignment.candidate.recording, alignment.candidate.of
    readers = (reader for number in group.numbers for reader in recording.consumers.get(number, ()))
    made = {
        known[number].key: known[number]
        for reader in readers
        if reader.index in recording.contributing
        for number in reader.outputs
        if number in known
    }
    return next(iter(made.values())) if len(made) == 1 else None

"""A place that repairs, and the reduction after it at which a person would look."""

from __future__ import annotations

from gradcheck.explanation.align import Alignment
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.group import Group, Key
from gradcheck.explanation.interchange import Interchanger
from gradcheck.program.ops import DIVISIONS, HAND_ON, HOMOGENEOUS, multiplies


def at_the_reduction(hit: Hit, alignment: Alignment, interchanger: Interchanger) -> Hit | None:
    """Return the hit at the mean or sum that is taken next, where only a factor is wrong: these make factors."""
    source = hit.splice.source
    if source.total or abs(source.factor) == 1 or not hit.candidate.moves:
        return None
    group = _only_made_of(hit.candidate, alignment)
    seen = set[Key]()  # what a loop multiplies again and again is made of itself
    while group is not None and (group.op.type in _PASS_FACTORS or multiplies(group.op.type)):
        seen.add(group.key)
        group = _only_made_of(group, alignment)
        if group is not None and group.key in seen:
            return None
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

"""The line to look at where what goes wrong is run by both sides: what calls it, or what makes its argument."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.selection import first_apart
from gradcheck.program.recording import NO_NUMBERS, Op, Recording
from gradcheck.source import Site, argument_of, assigned_to, operand_at


def own_place(op: Op, alignment: Alignment) -> Op | Site | None:
    """Return the innermost place around an op that only the candidate runs; its own where there is none.

    Where it calls what the reference calls too, and hands it one thing that is made for it alone and that the
    reference does not hand it, that is the op that makes this.
    """
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    site = own_site(op, candidate, reference)
    site = _wrong_call(op, site, alignment) or site
    if site is None or site == op.site:
        return site
    return _other_argument(op, site, alignment) or site


def _wrong_call(op: Op, site: Site | None, alignment: Alignment) -> Site | None:
    """Return what calls the function of a place, if another call of it gives what the reference has there."""
    around = (op.site, *op.callers)
    outside = around[around.index(site) + 1 :]
    if not outside:
        return None
    runs = alignment.candidate.recording.at_site.get(op.site, ())
    others = (one for one in runs if one.type == op.type and outside[0] not in one.callers)
    return outside[0] if any(_is_known(one, alignment) for one in others) else None


def _is_known(op: Op, alignment: Alignment) -> bool:
    made = alignment.candidate.of.get(op.outputs[0])
    return made is not None and alignment.standing(made) in ("same", "moved")


def own_site(op: Op, candidate: Recording, reference: Recording) -> Site | None:
    """Return the innermost place around an op in a function that only one side runs, or else such a place."""
    around = (op.site, *op.callers)
    shared = places_of(candidate) & places_of(reference)
    codes = {site.code for site in shared if site is not None}
    foreign = (site for site in around if site is not None and site.code not in codes)
    return next(foreign, next((site for site in around if site not in shared), op.site))


def places_of(recording: Recording) -> frozenset[Site | None]:
    """Return the places that run an op, or call what does."""
    return frozenset(site for op in recording.ops for site in (op.site, *op.callers))


def _other_argument(op: Op, caller: Site, alignment: Alignment) -> Op | Site | None:
    """Return what makes the one thing that is handed to a call and differs from what the reference hands it.

    Of what no op makes, it is the expression that is assigned to the name that the call reads.
    """
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    differ: dict[int, tuple[Op, int]] = {}
    for reader, slot in _handed_otherwise(caller, candidate, reference):
        differ.setdefault(reader.inputs[slot], (reader, slot))
        if len(differ) > 1:
            return None
    if not differ:
        return None
    ((number, (reader, slot)),) = differ.items()
    maker = candidate.producer(number)
    if maker is None:
        return _named(reader, slot, caller)
    readers = candidate.consumers.get(number, ())
    alone = all(caller in reader.callers for reader in readers)
    own = alone and maker.site is not None and maker.site not in reference.at_site
    return first_apart(maker, alignment) if own else None


def _handed_otherwise(caller: Site, candidate: Recording, reference: Recording) -> Iterator[tuple[Op, int]]:
    """Yield the ops of a call, with the input, that read what was made before it and the reference does not."""
    inside = [one for one in candidate.ops if caller in one.callers]
    made = {number for one in inside for number in one.outputs}
    for one in inside:
        for slot, number in enumerate(one.inputs):
            numeric = candidate.tensors[number].dtype not in NO_NUMBERS
            if numeric and number not in made and not _is_handed(one, slot, candidate, reference):
                yield one, slot


def _named(reader: Op, slot: int, caller: Site) -> Site | None:
    """Return what is assigned to the name that a call hands to the parameter which an op reads."""
    if reader.site is None or reader.callers[:1] != (caller,):
        return None
    read = operand_at(reader.site, slot)
    given = argument_of(caller, read.id, reader.site) if isinstance(read, ast.Name) else None
    return assigned_to(given, caller) if given is not None else None


def _is_handed(op: Op, slot: int, candidate: Recording, reference: Recording) -> bool:
    """Return whether an op of the reference, of this type and place, reads the same there."""
    own = op.inputs[slot]
    twins = [one for one in reference.at_site.get(op.site, ()) if one.type == op.type]
    return any(
        (own in candidate.trainable) == (other in reference.trainable)
        and _near(candidate.array(own), reference.array(other))
        for one in twins
        for other in one.inputs[slot : slot + 1]
    )


def _near(one: Array, other: Array) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=CLOSE, atol=0, equal_nan=True)

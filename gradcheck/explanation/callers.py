"""The line to look at where what goes wrong is run by both sides: what calls it, or what makes its argument."""

from __future__ import annotations

import numpy as np

from gradcheck.explanation.align import Alignment
from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site


def own_place(op: Op, alignment: Alignment) -> Op | Site | None:
    """Return the innermost place around an op that only the candidate runs; its own where there is none.

    Where it calls what the reference calls too, and hands it one thing that is made for it alone and that the
    reference does not hand it, that is the op that makes this.
    """
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    site = own_site(op, candidate, reference)
    if site is None or site == op.site:
        return site
    return _other_argument(op, site, candidate, reference) or site


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


def _other_argument(op: Op, caller: Site, candidate: Recording, reference: Recording) -> Op | None:
    """Return what makes the one thing that is handed to a call and differs from what the reference hands it."""
    inside = [one for one in candidate.ops if caller in one.callers]
    made = {number for one in inside for number in one.outputs}
    differ: dict[int, Op] = {}
    for one in inside:
        for slot, number in enumerate(one.inputs):
            maker = candidate.producer(number)
            if number not in made and maker is not None and not _is_handed(one, slot, candidate, reference):
                differ[number] = maker
    if len(differ) != 1:
        return None
    ((number, maker),) = differ.items()
    readers = candidate.consumers.get(number, ())
    alone = all(caller in reader.callers for reader in readers)
    return maker if alone and maker.site is not None and maker.site not in reference.at_site else None


def _is_handed(op: Op, slot: int, candidate: Recording, reference: Recording) -> bool:
    """Return whether an op of the reference, of this type and place, reads the same there."""
    own = candidate.array(op.inputs[slot])
    twins = [one for one in reference.at_site.get(op.site, ()) if one.type == op.type]
    return any(
        np.array_equal(own, reference.array(one.inputs[slot])) for one in twins if slot < len(one.inputs)
    )

"""Two programs held against each other: where they part, and what is known of the two expressions there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gradcheck.arrays import Array, each_is_among, largest
from gradcheck.causes._located import Located
from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.blame import blamed, used_otherwise
from gradcheck.explanation.callers import own_place, own_site, places_of
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.faults import Fault
from gradcheck.explanation.group import Group
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.narrow import first_apart, narrowed
from gradcheck.explanation.region import region
from gradcheck.explanation.selection import chosen_at
from gradcheck.explanation.unused import unused
from gradcheck.program.ops import HAND_ON, TAKE_BY_INDEX
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, span_of


@dataclass(frozen=True)
class Parting:
    """Where two programs part.

    Parameters
    ----------
    hit
        What repairs the candidate.
    located
        What the causes judge it by.
    site, replaced_site, reference_site
        The expressions that goes wrong, that was replaced, and that gives what should stand there. In place of one
        in a function that both sides call stands what calls it.
    beside
        The expression of the reference that is to be compared with the first of these; None where it has none.
    texts
        What the candidate and the reference have there: the operand that is taken, of what no op made; "" where
        that is not written.
    blamed
        The op of the expression that goes wrong.
    in_a_call
        Whether that is within a call of what both sides call.
    other_arguments
        Whether both sides run the same expression there, and hand it something else.
    spare
        Whether the candidate has a term there that the reference does not have.
    reads
        The variables that a term depends on which the candidate does not have.
    region
        The places from which the wrong numbers come, and those where they are read.
    apart
        Those at which what is replaced leaves the reference.
    """

    hit: Hit
    located: Located
    site: Site | None
    replaced_site: Site | None
    reference_site: Site | None
    region: frozenset[Site | None]
    blamed: Op
    texts: tuple[str, str] = ("", "")
    beside: Site | None = None
    in_a_call: bool = False
    other_arguments: bool = False
    spare: bool = False
    reads: tuple[str, ...] = ()
    apart: frozenset[Site | None] = frozenset()


def parting_of(fault: Fault, alignment: Alignment) -> Parting:
    """Return what a fault that was repaired says of its place."""
    if fault.is_exchange:
        return parting(fault.hit, alignment)
    hit = fault.hit
    op, other = hit.candidate.op, hit.reference.op
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    idle = None if fault.other is None else unused(hit, candidate)
    located = Located(
        op=op,
        other=other,
        candidate=candidate,
        reference=reference,
        term_of_one_side=True,
        blamed=idle,
    )
    site = own_site(op, candidate, reference)
    theirs = None if fault.other is None else own_site(other, reference, candidate)
    return Parting(
        hit=hit,
        located=located,
        site=site if idle is None else own_site(idle, candidate, reference),
        replaced_site=site,
        reference_site=theirs,
        beside=theirs,
        region=frozenset((op.site, *op.callers)),
        blamed=op,
        spare=fault.other is None,
        reads=() if fault.other is None else tuple(sorted(variables_of([other], reference))),
    )


def parting(hit: Hit, alignment: Alignment) -> Parting:
    """Return what an interchange that works says of the place."""
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    place = narrowed(hit.candidate, hit.reference, alignment)
    at_fault = blamed(place, hit, alignment)
    own = own_place(at_fault, alignment)
    if isinstance(own, Op):
        at_fault, own = own, own.site
    replaced, theirs = (own_site(one.op, candidate, reference) for one in (hit.candidate, hit.reference))
    return Parting(
        hit=hit,
        located=replace(_located(place, hit, alignment), blamed=at_fault),
        site=own,
        replaced_site=replaced,
        reference_site=theirs,
        region=region(hit, [place.op, at_fault], alignment),
        blamed=at_fault,
        texts=(
            _text(hit.candidate, alignment.candidate, replaced),
            _text(hit.reference, alignment.reference, theirs),
        ),
        beside=theirs if used_otherwise(hit, alignment) is None else _beside(at_fault, alignment),
        in_a_call=own != at_fault.site,
        other_arguments=hit.candidate.op.site == hit.reference.op.site,
        apart=frozenset(one.op.site for one in first_apart(hit.candidate, alignment)),
    )


def _beside(at_fault: Op, alignment: Alignment) -> Site | None:
    """Return where the reference computes what an op gives, but for a factor or its sign; None if nowhere."""
    candidate, reference = alignment.candidate.recording, alignment.reference.recording
    if candidate.loss in at_fault.outputs:
        op = reference.producer(reference.loss)
    else:
        made = alignment.candidate.of.get(at_fault.outputs[0])
        matches = () if made is None else alignment.matches(made)
        op = next((one.group.op for one in matches if made is not None and one.group.size == made.size), None)
    return None if op is None else own_site(op, reference, candidate)


def _located(place: Group, hit: Hit, alignment: Alignment) -> Located:
    own, other = hit.candidate, hit.reference
    factor = _factor(hit)
    alike = own.size == other.size
    values = (own.value.ravel(), other.value.ravel())
    return Located(
        op=place.op,
        other=other.op,
        candidate=alignment.candidate.recording,
        reference=alignment.reference.recording,
        factor=factor,
        same_numbers=alike and _near(*values),
        negated=alike and _near(values[0], -values[1]),
        rearranged=alike and _near(*map(np.sort, values)),
        passes=(own.moves, other.moves),
        sizes=(place.size, other.size),
        reads_taken=_reads_taken(place.op, alignment),
        lost=_lost(own, other, alignment),
        apart=_apart(*values) if alike else 1.0,
        chosen=chosen_at(place.op, alignment),
        other_elements=_are_among(own, other, alignment),
        sums_known=_sums_known(place, alignment),
        weighed=alike and own.moves and other.moves and _weighed(own, other),
        shared=place.op.site in places_of(alignment.reference.recording),
        replaced=place.key == own.key,
    )


def _weighed(own: Group, other: Group) -> bool:
    """Return whether one quantity is the other times factors of one sign that are the same at both points."""
    values, slopes = (own.value.ravel(), other.value.ravel()), (own.slope.ravel(), other.slope.ravel())
    fixed = _near(slopes[0] * values[1], slopes[1] * values[0])
    return fixed and bool((values[0] * values[1] >= 0).all())


def _are_among(own: Group, other: Group, alignment: Alignment) -> bool:
    """Return whether all numbers of a quantity are among those from which the reference's op takes its own."""
    here = alignment.reference.here
    known = [np.ravel(here[op.inputs[0]]) for op in other.ops if op.inputs and op.inputs[0] in here]
    wanted = own.value[own.value != 0]
    return bool(known) and each_is_among(wanted, np.unique(np.concatenate(known)), CLOSE * np.abs(wanted))


def _sums_known(place: Group, alignment: Alignment) -> bool:
    made = alignment.candidate.of.get(place.op.inputs[0]) if place.op.type in ("Sum", "Mean") else None
    if made is None or alignment.standing(place) not in ("no", "numbers", "scaled"):
        return False
    return alignment.standing(made) in ("same", "moved", "numbers")


def _lost(place: Group, other: Group, alignment: Alignment) -> frozenset[str]:
    own = variables_of(place.ops, alignment.candidate.recording)
    others = variables_of(other.ops, alignment.reference.recording)
    behind = frozenset(_read_behind(place.ops, alignment.candidate.recording, lambda _: True))
    return (others - own) & behind if own <= others else frozenset()


def variables_of(ops: Iterable[Op], recording: Recording) -> frozenset[str]:
    """Return the variables that a gradient passes on to from some ops."""

    def passes(number: int) -> bool:
        maker = recording.producer(number)
        return number in recording.trainable and (maker is None or maker.type != "StopGradient")

    return frozenset(_read_behind(ops, recording, passes))


def _read_behind(ops: Iterable[Op], recording: Recording, passes: Callable[[int], bool]) -> Iterator[str]:
    """Yield the variables that are read for what some ops give, by way of the tensors that let pass."""
    seen, pending = set[int](), [number for op in ops for number in op.outputs]
    while pending:
        number = pending.pop()
        if number in seen or not passes(number):
            continue
        seen.add(number)
        maker = recording.producer(number)
        if number in recording.reads:
            yield recording.reads[number]
        if maker is not None:
            pending.extend(maker.inputs)


def _reads_taken(op: Op, alignment: Alignment) -> bool:
    """Return whether an op reads, rearranged or not, elements that were taken by their place as nowhere else."""
    recording = alignment.candidate.recording
    seen, pending = set[int](), [recording.producer(number) for number in op.inputs]
    while pending:
        maker = pending.pop()
        if maker is None or maker.index in seen:
            continue
        seen.add(maker.index)
        taken = alignment.candidate.of.get(maker.outputs[0]) if maker.type in TAKE_BY_INDEX else None
        if taken is not None and alignment.standing(taken) in ("numbers", "no"):
            return True
        if maker.type in HAND_ON:
            pending += [recording.producer(number) for number in maker.inputs]
    return False


def _factor(hit: Hit) -> float:
    """Return the factor of what is put in place: next to the mean, where the candidate takes one too."""
    source = hit.splice.source
    if not source.total or hit.candidate.op.type != "Mean":
        return source.factor
    factor = source.factor * hit.reference.size
    return float(np.rint(factor)) if abs(factor - np.rint(factor)) < CLOSE else factor


def _near(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=CLOSE, atol=CLOSE * largest(one)))


def _apart(one: Array, other: Array) -> float:
    """Return how far numbers are from others, relative to these: infinitely where they alone are not finite."""
    if not np.isfinite(one).all():
        return math.inf if np.isfinite(other).all() else 1.0
    some = np.abs(other) <= largest(other)  # not what fills masked places: it would be larger than all others
    if (np.abs(one) <= largest(other))[~some].any():
        return 1.0  # other places are masked
    size = float(np.linalg.norm(other[some]))
    return float(np.linalg.norm((one - other)[some])) / size if size else 1.0


def _text(group: Group, side: Groups, site: Site | None) -> str:
    """Return how a quantity is written; "" where that is not known."""
    if site is None:
        return ""
    if not group.key.given or site != group.op.site:
        return span_of(site).text
    spans = Sightings(side.recording).spans.get(group.numbers[0], ())
    return next((span.text for span, there in spans if there == site), "")

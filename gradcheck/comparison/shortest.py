"""The shortest change of the candidate's source that repairs it, among the statements behind a place.

What somebody altered is where the shortest change makes it right again: an expression, or what makes a value that
it reads, in Python or NumPy too, or how its result is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gradcheck.comparison.altered import WORK, altered
from gradcheck.comparison.cause_of_a_fix import cause_with, scales
from gradcheck.comparison.comparing import Comparison
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.likely import LONGEST, Key, Region, likeness_of
from gradcheck.comparison.locating import Proved
from gradcheck.comparison.repairs import Precisions, of_this_size, proof_of, repaired
from gradcheck.comparison.wording_of_places import message_of, message_without_counterpart
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.callers import own_site
from gradcheck.explanation.divergence import Divergence
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.program.broadcasting import broadcast_axes
from gradcheck.program.queries import made_from
from gradcheck.source import node_of, span_of
from gradcheck.source.change import length, negates
from gradcheck.source.differences import Difference, differences
from gradcheck.source.needless import is_needless

_MOST = 16
"""How many changes that look right are tried in float64."""


def shortened(place: Proved, found: list[Finding], goals: Goals, *, share: int = 1) -> list[Finding]:
    """Return what to say of a place, with the shortest change as its fix if it is shorter than that found before.

    Parameters
    ----------
    share
        Among how many such searches the work for one is divided.

    Notes
    -----
    That a change repairs the candidate on two batches does not establish that it was meant.
    """
    written = [one for one in found if one.fix is not None and one.fix.source and one.span is not None]
    if any(map(_is_of_a_broadcast, written)):
        return found  # whichever of the two shapes is the wrong one, what is to be seen is where they meet
    limit = min([LONGEST, *(_key(one, place) for one in written)])
    work = goals.work.part((WORK // 3 if limit < LONGEST else WORK) // share)
    changes = altered(place.batches, _region(place), limit, work)
    for text in itertools.islice(_by_other_factors(changes), _MOST):
        if any(_says(one, text) for one in found):
            return found
        repairs = repaired(place, [text]) or of_this_size(place, text, goals)
        if repairs:
            return [_named(one, found, place, text) for one in repairs]
    return found


def _by_other_factors(changes: Iterable[Transplant]) -> Iterator[Transplant]:
    """Yield changes; of those that multiply by the same number the first: at another place it gives the same."""
    seen = set[tuple[Difference, ...]]()
    for text in changes:
        factor = tuple(differences(span_of(text.site).text, text.text)) if scales(text) else ()
        if not factor or factor not in seen:
            seen.add(factor)
            yield text


def _is_of_a_broadcast(one: Finding) -> bool:
    """Return whether an operand that is no scalar is repeated where something is to be repaired."""
    *operands, result = one.shapes or [()]
    return one.cause == "broadcast" and any(shape and broadcast_axes(shape, result) for shape in operands)


def _says(one: Finding, text: Transplant) -> bool:
    """Return whether a finding has a change as its fix already: it may say more of it."""
    return one.fix is not None and (one.span, one.fix.text) == (span_of(text.site), text.text)


def _region(place: Proved) -> Region:
    parting = place.parting
    ops = (parting.located.op, *parting.hit.candidate.ops)
    return Region(
        place.comparison.alignment,
        parting.region,
        blamed=(parting.site, parting.blamed.site),
        near=[*(op.site for op in ops), *parting.apart],
        turned=len(set(parting.located.types)) == 1,
        added=place.comparison.is_a_term(parting.hit),
    )


def _key(one: Finding, place: Proved) -> Key:
    """Return what a change comes before that is to be shown in place of a fix."""
    assert one.fix is not None and one.span is not None
    sites = (place.parting.site, place.parting.replaced_site, *(text.site for text in place.transplants))
    there = {site: node_of(site) for site in sites if site is not None and span_of(site) == one.span}
    before, after = one.span.text, one.fix.text
    needless = any(is_needless(node, after, site.code.co_filename) for site, node in there.items())
    likeness = likeness_of(place.comparison.alignment)
    strange = max(
        (likeness.moves_away(node, after) for node in there.values() if node is not None), default=0
    )
    signs = place.comparison.is_a_term(place.parting.hit) and negates(before, after)
    return length(before, after) + needless + strange, signs, 0, 0


def _named(one: Finding, found: Sequence[Finding], place: Proved, text: Transplant) -> Finding:
    """Return a finding with the cause of the fix before it, or else its own; of a term of one side, with that."""
    if not found:
        return one
    if place.parting.located.term_of_one_side:
        return replace(one, cause=found[0].cause, message=message_of(place.parting, place.parting.site))
    tells = found[0].fix is not None and found[0].cause != "broadcast"  # nothing is repeated there
    if (one.cause != "other" and not tells) or found[0].cause == "other":
        return one
    located = place.parting.located
    sides = located.candidate, located.reference
    return replace(one, cause=found[0].cause if tells else cause_with(text, sides, found[0].cause))


def repaired_anywhere(
    pair: FormulationPair,
    parting: Sequence[Divergence],
    goals: Goals,
    shorter_than: Sequence[Finding] = (),
) -> list[Finding]:
    """Return the shortest change behind where numbers part, where no interchange proves a place; empty if none.

    Parameters
    ----------
    shorter_than
        What has a fix already.
    """
    comparison = Comparison(pair, goals.own, goals.work.part(WORK))
    if comparison.interchanger is None:
        return []
    candidate, reference = (pair.runs[number].recording for number in (1, 0))
    sites = [own_site(one.op, candidate, reference) for one in parting]
    callers = [site for one in parting for site in one.op.callers]
    further = [op.site for op in made_from([one.op for one in parting], candidate)]
    region = Region(comparison.alignment, frozenset([*sites, *callers, *further]), blamed=sites)
    limit = min([LONGEST, *(_as_long(one) for one in shorter_than)])
    return _first_proved(region, pair, goals, limit=limit)


def _as_long(one: Finding) -> Key:
    """Return what the changes come before that are shorter than the fix of a finding."""
    assert one.fix is not None
    return length("" if one.span is None else one.span.text, one.fix.text), False, -1, 0


def repaired_by_hand(alignment: Alignment, pair: FormulationPair, goals: Goals) -> list[Finding]:
    """Return the shortest change of what gradients by hand compute that repairs the candidate; empty if none."""
    return _first_proved(Region(alignment, frozenset(), only="way back"), pair, goals, precisions="own")


def repaired_as_run(pair: FormulationPair, goals: Goals) -> list[Finding]:
    """Return the shortest change anywhere that gives the reference's gradients as both run; empty if none does."""
    comparison = Comparison(pair, goals.own, goals.work.part(WORK))
    if not comparison.is_comparable:
        return []
    recording = pair.runs[1].recording
    ops = [op for op in recording.ops if op.index in recording.contributing]
    sites = frozenset(site for op in ops for site in (op.site, *op.callers))
    return _first_proved(Region(comparison.alignment, sites), pair, goals, precisions="own")


def repaired_before_all(places: Sequence[Proved], goals: Goals, *, share: int) -> list[Finding]:
    """Return the shortest change that repairs the candidate at several places at once; empty if none is found.

    Parameters
    ----------
    share
        Among how many such searches the work for one is divided.
    """
    sites = frozenset(site for place in places for site in place.parting.region)
    blamed = [place.parting.site for place in places]
    region = Region(places[0].comparison.alignment, sites, blamed=blamed)
    return _first_proved(region, places[0].batches[0][0], goals, share=share)


def _first_proved(
    region: Region,
    pair: FormulationPair,
    goals: Goals,
    *,
    share: int = 1,
    precisions: Precisions = "float64",
    limit: Key = LONGEST,
) -> list[Finding]:
    other = next(goals.second(), None)
    if other is None:
        return []
    batches = [(pair, goals.own), (other.pair, other.target)]
    changes = altered(batches, region, limit, goals.work.part(WORK // share))
    texts = itertools.islice(_by_other_factors(changes), _MOST)
    return next(filter(None, (_proved_anywhere(text, pair, goals, precisions) for text in texts)), [])


def _proved_anywhere(
    text: Transplant, pair: FormulationPair, goals: Goals, precisions: Precisions
) -> list[Finding]:
    """Return what to say of a change that repairs the candidate on two batches, at each of its places."""
    proved = proof_of(text, pair, goals, precisions)
    if proved is None:
        return []
    proof, note = proved
    sides, together = (pair.runs[1].recording, pair.runs[0].recording), (text, *text.also)
    found = []
    for one in together:
        others = tuple(span_of(other.site).place for other in together if other is not one)
        own = _without_a_place(one, replace(proof, tried=f"`{one.text}`", needs_also=others))
        found.append(replace(own, cause=cause_with(one, sides), notes=(note,) if note else ()))
    return found


def _without_a_place(text: Transplant, proof: Proof) -> Finding:
    message = message_without_counterpart(text)
    return Finding(
        cause="other",
        message=message,
        span=span_of(text.site),
        severity="error",
        proof=proof,
        fix=Fix(text=text.text),
    )

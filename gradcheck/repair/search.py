"""The search for an edit of the candidate that makes its gradients those of the reference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from gradcheck.findings import Finding, Fix
from gradcheck.program.places import Place
from gradcheck.program.work import Work
from gradcheck.repair.acceptance import Edits, Gate, Hit, Lead, Proved, Refused
from gradcheck.repair.factors import SAME
from gradcheck.repair.goal import Goal
from gradcheck.repair.other_batches import OtherBatches
from gradcheck.repair.proposal import Proposal
from gradcheck.source import Site, span_of

_Some = TypeVar("_Some")

SortKey = tuple[bool, int, int, bool, bool, int, int, int]


def sort_key(hit: Hit, rank_of_factor: int, likely_sites: frozenset[Site | None]) -> SortKey:
    """Return what sorts edits that all work: the one that a person would make comes first.

    In this order: structure before numbers, and numbers that may be written before others; what people often need
    before what they rarely do; source before words; where the candidate computes something new before elsewhere;
    what the cause itself prefers; of few runs before of many; and of what is left the fewest characters.
    """
    parts = hit.parts
    if hit.factor is not None and rank_of_factor == 0:
        parts = tuple(part.written(hit.factor) for part in parts)
    proposal = parts[0]
    # A stop of the gradient changes no value: it need not be where the values part.
    changes_values = proposal.finding.cause != "stop_gradient"
    return (
        hit.scales,
        rank_of_factor,
        sum(part.rank for part in parts),
        any(part.text is None for part in parts),
        changes_values and proposal.place.site not in likely_sites,
        proposal.tie_break,
        proposal.runs,
        sum(len(part.text or part.in_words) for part in parts),
    )


@dataclass(frozen=True)
class Found:
    """What is to be said of an edit that works.

    Parameters
    ----------
    finding, place
        What to say, and where it is.
    edits
        All of them, if it takes several places.
    may_be_written
        Whether the source may be changed so.
    scales
        Whether something is multiplied by a number.
    """

    finding: Finding
    place: Place
    edits: Edits
    may_be_written: bool = True
    scales: bool = False


@dataclass
class EditSearch:
    """One search: what was tried, and what that took.

    Parameters
    ----------
    target
        On the batch of the case.
    others
        The same on other batches.
    work
        What it may cost; the attempts of the targets count it.
    likely_sites
        Where the candidate computes something new: of edits that work equally, one there is shown.
    """

    target: Goal
    others: OtherBatches
    work: Work
    likely_sites: frozenset[Site | None] = frozenset()
    tried: int = 0

    def __post_init__(self) -> None:
        self._gate = Gate(self.target, self.others)
        self._leads: list[Lead] = []
        self._fits_this_size: list[Proved] = []
        self._places: list[Proved] = []

    def __len__(self) -> int:
        return self.tried

    def run(self, proposals: Sequence[Proposal], *, pairs: bool = True) -> list[Found]:
        """Try `proposals`, then with `pairs` two at a time, until something is proved.

        Single ones come first; of these, what changes the structure before what looks for a number, and the
        likeliest first.

        Notes
        -----
        A proved edit makes two programs agree on two batches. It does not establish that its author would
        have written it so.
        """
        if isinstance(self.target.whole(()), float):  # nothing to repair in float64
            return []
        for level in _levels(proposals):
            hits = [
                hit for proposal in self._within_limits(level) if (hit := self._try(proposal)) is not None
            ]
            proved = self._first_proved(hits)
            if proved is not None:
                return _findings(proved)
            if any(lead.alone for lead in self._leads):
                break
        proved_less = [*self._fits_this_size, *self._places]
        if proved_less:
            return _findings(proved_less[0])
        if self._leads:
            return [_unproved(self._leads[0])]
        return self.run_pairs(proposals) if pairs else []

    def _first_proved(self, hits: list[Hit]) -> Proved | None:
        """Return the best of `hits` that is proved; others may be kept for later."""
        for hit in sorted(hits, key=self._key):
            match self._gate.judge(hit):
                case Proved(this_size_only=True) as proved:
                    self._fits_this_size.append(proved)
                case Proved(no_fix="") as proved:
                    return proved
                case Proved() as proved:
                    self._places.append(proved)
                case Lead() as lead:
                    self._leads.append(lead)
                case Refused():
                    pass
        return None

    def _key(self, hit: Hit) -> SortKey:
        return sort_key(hit, self._gate.rank_of_factor(hit), self.likely_sites)

    def _within_limits(self, things: Iterable[_Some]) -> Iterator[_Some]:
        for thing in things:
            if self.work.cut is not None:
                return
            self.tried += 1
            yield thing

    def _try(self, proposal: Proposal) -> Hit | None:
        if proposal.describe is None:
            residual = self.target.reached(proposal.edits)
            return Hit((proposal,), residual) if isinstance(residual, float) else None
        solved = self.target.solved(proposal)
        if solved is None or abs(solved[0] - 1) < SAME:
            return None  # nothing, or by a rounding of a number, which tips a decision that hangs on it
        factor, residual = solved
        return Hit((replace(proposal, edits=proposal.with_factor(factor)),), residual, factor)

    def run_pairs(
        self, proposals: Sequence[Proposal], passes: Callable[[Edits], bool] | None = None
    ) -> list[Found]:
        """Try `proposals` two at a time, until something is proved.

        Parameters
        ----------
        passes
            Returns at once whether edits may be right, where that is known.
        """
        for pair in self._within_limits(_pairs(proposals)):
            if self.work.spent > self.work.limit * _FOR_PAIRS:
                self.cut = "work"
                break
            hit = Hit(pair, 0.0)
            if passes is not None and not passes(hit.edits):
                continue
            residual = self.target.reached(hit.edits)
            if isinstance(residual, str):
                continue
            match self._gate.judge(replace(hit, residual=residual)):
                case Proved() as proved:
                    return _findings(proved)
                case Lead(alone=True) as lead:
                    return [_unproved(lead)]
        return []


_FOR_PAIRS = 0.2
"""Up to which part of the work pairs are tried: they are many more than single edits, and few are right."""


def _levels(proposals: Sequence[Proposal]) -> Iterator[Iterator[Proposal]]:
    """Yield proposals that are equally likely together; last all those that multiply by a number."""
    structural = [proposal for proposal in proposals if not _likely(proposal)[0]]
    for _, together in itertools.groupby(sorted(structural, key=_likely), key=_likely):
        yield together
    yield iter([proposal for proposal in proposals if _likely(proposal)[0]])


def _likely(proposal: Proposal) -> tuple[bool, int]:
    return Hit((proposal,), 0.0).scales, proposal.rank


def _pairs(proposals: Sequence[Proposal]) -> Iterator[tuple[Proposal, Proposal]]:
    """Yield pairs of proposals: those that multiply nothing by a number first, and the likeliest."""
    single = sorted((proposal for proposal in proposals if proposal.describe is None), key=_likely)
    groups = [list(together) for _, together in itertools.groupby(single, key=_likely)]
    of_groups = itertools.combinations_with_replacement(groups, 2)
    for one, other in sorted(of_groups, key=lambda pair: _sum(_likely(pair[0][0]), _likely(pair[1][0]))):
        yield from itertools.combinations(one, 2) if one is other else itertools.product(one, other)


def _sum(one: tuple[bool, int], other: tuple[bool, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _findings(proved: Proved) -> list[Found]:
    """Return what to say of what was proved: a finding for each place that was changed."""
    parts = proved.hit.parts
    if proved.term is not None and proved.term.over != 1 and proved.hit.factor is not None:
        parts = tuple(part.written(proved.hit.factor) for part in parts)
    if len(parts) == 1:
        parts = tuple(_apart(parts[0]))
    if len(parts) == 1:
        return [_found(parts[0], proved)]
    one, other = parts
    if one.finding.span == other.finding.span:
        return [_found(_merged(one, other), proved)]
    return [_found(part, proved, (_place(second),)) for part, second in ((one, other), (other, one))]


def _apart(proposal: Proposal) -> list[Proposal]:
    """Return a proposal of two edits, each of which can be written where it is made, as two; else it alone."""
    edits = [edit for edit in proposal.edits if edit.place.site is not None]
    single = [replace(proposal, edits=(edit,)) for edit in edits]
    if len(single) != 2 or proposal.text is not None or any(part.text is None for part in single):
        return [proposal]
    spans = [span_of(edit.place.site) for edit in edits if edit.place.site is not None]
    return [
        replace(part, finding=replace(part.finding, span=span, operands=()))
        for part, span in zip(single, spans, strict=True)
    ]


def _merged(one: Proposal, other: Proposal) -> Proposal:
    """Return two proposals for one expression as one."""
    notes = tuple(dict.fromkeys((*one.finding.notes, *other.finding.notes)))
    message = "; and ".join(dict.fromkeys((one.finding.message, other.finding.message)))
    writer = one.writer if other.writer is not None else None
    finding = replace(one.finding, message=message, notes=notes)
    return replace(one, finding=finding, edits=(*one.edits, *other.edits), writer=writer)


def _place(proposal: Proposal) -> str:
    span = proposal.finding.span
    return proposal.in_words if span is None else span.place


def _found(proposal: Proposal, proved: Proved, needs_also: tuple[str, ...] = ()) -> Found:
    finding = proposal.finding
    if proposal.describe is not None and proved.hit.factor is not None:
        finding = proposal.describe(proved.hit.factor, proved.term)
    notes = (proved.no_fix, HERE_ONLY if proved.this_size_only else "")
    fix = Fix(text=proposal.text or proposal.in_words, source=proposal.text is not None)
    proof = replace(proved.proof, tried=proposal.in_words, needs_also=needs_also)
    said = replace(
        finding,
        severity="error",
        proof=proof,
        fix=None if proved.no_fix else fix,
        notes=(*finding.notes, *filter(None, notes)),
    )
    return Found(said, proposal.place, proved.hit.edits, proposal.in_source, proved.hit.scales)


HERE_ONLY = "on a batch of another size the gradients still differ: is a size hard-coded in a formulation?"


def _unproved(lead: Lead) -> Found:
    """Return a lead as the suspicion that it is."""
    proposal, factor = lead.hit.parts[0], lead.hit.factor
    finding = proposal.finding
    if proposal.describe is not None and factor is not None:
        finding = proposal.describe(factor, lead.term)
    said = replace(finding, severity="suspicion", notes=(*finding.notes, lead.note))
    return Found(said, proposal.place, lead.hit.edits, proposal.in_source, lead.hit.scales)

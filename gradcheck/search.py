"""The search for an edit of the candidate that makes its gradients those of the reference."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gradcheck.causes.proposal import Proposal
from gradcheck.edits import Edit, OnInput, OnOutput, Place
from gradcheck.findings import Finding, Fix
from gradcheck.judgement.differences import Array, difference
from gradcheck.source import Site

Attempt = Callable[[Sequence[Edit]], list[Array | None] | None]
"""Replays the candidate in float64 with edits, and returns its gradients; None where it cannot be run so."""

_SOLVER_STEPS, _CURVED_STEPS = 6, 12
_NEARBY = 1.01
_PROMISES, _KEEPS = 0.95, 0.9
"""What may be left of the distance along a curve, by a step's own account, and after it; else no more follow."""


@dataclass(frozen=True)
class Target:
    """What an edit has to reach: the reference's float64 gradients, each to within `allowed` of its norm."""

    gradients: Sequence[Array | None]
    allowed: Sequence[float]
    attempt: Attempt

    def residual(self, gradients: Sequence[Array | None] | None) -> float | None:
        """Return the largest relative difference when every variable is within its noise, else None."""
        if gradients is None:
            return None
        apart = [difference(r, c).relative for r, c in zip(self.gradients, gradients, strict=True)]
        within = all(one <= allowed for one, allowed in zip(apart, self.allowed, strict=True))
        return max(apart) if within else None

    def reached(self, edits: Sequence[Edit]) -> float | None:
        """Try `edits`, and return the residual when they reach the target, else None."""
        return self.residual(self.attempt(edits))

    def solved(self, proposal: Proposal) -> tuple[float, float] | None:
        """Return the factor with which `proposal` reaches the target, and the residual; None if none does.

        The gradient is taken to be linear in the factor, as it is for a term of the loss; where it is not,
        a few secant steps follow, as long as they come nearer: much nearer, unless the proposal is `curved`.
        """
        wanted, start = _flat(self.gradients, self.gradients), self.attempt(())
        former, now = _flat(start, self.gradients), self._at(proposal, _NEARBY)
        factor_before, factor = 1.0, _NEARBY
        best: tuple[float, float] | None = None
        for step in range(_CURVED_STEPS if proposal.curved else _SOLVER_STEPS):
            if former is None or now is None or wanted is None:
                break
            slope = (now - former) / (factor - factor_before)
            square = float(slope @ slope)
            if not square > 0 or not math.isfinite(square):
                break
            move = float(slope @ (wanted - now)) / square
            before, away = np.linalg.norm(wanted - former), np.linalg.norm(wanted - now)
            left = np.linalg.norm(wanted - now - move * slope)
            if proposal.curved and (left > _PROMISES * away or (step > 1 and away > _KEEPS * before)):
                break
            if not proposal.curved and ((left > 0.3 * away and step > 0) or left > 0.9 * before):
                break
            factor_before, factor, former = factor, factor + move, now
            if not factor > -1e9 or abs(factor - factor_before) < 1e-14 * abs(factor):
                break
            gradients = self.attempt(proposal.with_factor(factor))
            residual = self.residual(gradients)
            if best is not None and (residual is None or residual >= best[1]):
                break
            best = None if residual is None else (factor, residual)
            now = _flat(gradients, self.gradients)
        return best

    def _at(self, proposal: Proposal, factor: float) -> Array | None:
        return _flat(self.attempt(proposal.with_factor(factor)), self.gradients)


def _flat(gradients: Sequence[Array | None] | None, like: Sequence[Array | None]) -> Array | None:
    """Return all gradients as one vector; None counts as zero. None where something is not finite."""
    if gradients is None:
        return None
    parts = [
        np.zeros(0 if other is None else other.size) if one is None else one.ravel()
        for one, other in zip(gradients, like, strict=True)
    ]
    if any(
        part.size != (0 if other is None else other.size) for part, other in zip(parts, like, strict=True)
    ):
        return None
    vector = np.concatenate(parts)
    return vector if np.isfinite(vector).all() else None


@dataclass(frozen=True)
class Found:
    """A proposal that was proved.

    Parameters
    ----------
    finding
        What to say.
    edits
        All that were tried together: of two faults, the edits of both.
    place
        Where the finding's own edit is.
    """

    finding: Finding
    edits: tuple[Edit, ...]
    place: Place


@dataclass
class Search:
    """One search: what was tried, and whether the time sufficed.

    Parameters
    ----------
    target
        On the batch of the case.
    confirm
        Makes the same on a second, fresh batch, or returns None where there is none.
    budget
        Seconds after which no further edit is tried.
    likely_sites
        Where the candidate computes something new: of edits that work equally, one there is shown.
    """

    target: Target
    confirm: Callable[[], Target | None]
    budget: float
    likely_sites: frozenset[Site | None] = frozenset()
    tried: int = 0
    out_of_time: bool = False
    _second: Target | None = field(default=None, init=False)
    _asked: bool = field(default=False, init=False)

    def __len__(self) -> int:
        return self.tried

    def run(self, proposals: Sequence[Proposal]) -> list[Found]:
        """Try `proposals`, the likeliest first, then two at a time, until something is proved.

        Notes
        -----
        A proved edit makes two programs agree on two batches. It does not establish that its author would
        have written it so.
        """
        self._deadline = time.monotonic() + self.budget
        if self.target.reached(()) is not None:  # nothing to repair in float64
            return []
        for _, level in itertools.groupby(proposals, key=lambda proposal: proposal.unlikely):
            hits = [hit for proposal in self._in_time(level) if (hit := self._try(proposal)) is not None]
            for proposal, found in sorted(hits, key=self._preference):
                confirmed = self._confirmed(proposal, found)
                if confirmed is not None:
                    return [confirmed]
        return self._two_deep(proposals)

    def _preference(self, hit: tuple[Proposal, Found]) -> tuple[bool, bool, int, int]:
        """Return the key that sorts the edit to show to the front."""
        proposal, found = hit
        # A stop of the gradient changes no value: it need not be where the values part.
        changes_values = found.finding.cause != "stop_gradient"
        elsewhere = changes_values and proposal.edits[0].place.site not in self.likely_sites
        return _has_odd_factor(proposal), elsewhere, proposal.preference, proposal.runs

    def _in_time(self, proposals: Iterable[Proposal]) -> Iterator[Proposal]:
        for proposal in proposals:
            if time.monotonic() > self._deadline:
                self.out_of_time = True
                return
            yield proposal

    def _try(self, proposal: Proposal) -> tuple[Proposal, Found] | None:
        self.tried += 1
        if proposal.describe is None:
            residual = self.target.reached(proposal.edits)
            return None if residual is None else (proposal, _found(proposal, proposal.finding, residual))
        solved = self.target.solved(proposal)
        if solved is None:
            return None
        factor, residual = solved
        proved = replace(proposal, edits=proposal.with_factor(factor))
        return proved, _found(proved, proposal.describe(factor), residual)

    def _confirmed(self, proposal: Proposal, found: Found) -> Found | None:
        """Return what may be said after trying the edits on the second batch; None when they fail there."""
        second = self._on_second_batch()
        if second is None:
            return _unproved(found)
        if second.reached(found.edits) is not None:
            return found
        # A factor may depend on the batch, as a count of tokens does: then another one has to fit there.
        solved = None if proposal.describe is None else second.solved(proposal)
        return None if solved is None else _depending_on_the_batch(found, solved[0])

    def _on_second_batch(self) -> Target | None:
        if not self._asked:
            self._second, self._asked = self.confirm(), True
        return self._second

    def _two_deep(self, proposals: Sequence[Proposal]) -> list[Found]:
        single = [proposal for proposal in proposals if proposal.describe is None]
        pairs = sorted(
            itertools.combinations(single, 2), key=lambda pair: pair[0].unlikely + pair[1].unlikely
        )
        for one, other in pairs:
            if time.monotonic() > self._deadline:
                self.out_of_time = True
                break
            self.tried += 1
            edits = one.edits + other.edits
            residual = self.target.reached(edits)
            if residual is None:
                continue
            second = self._on_second_batch()
            both = [_together(_found(part, part.finding, residual, edits)) for part in (one, other)]
            if second is None:
                return [_unproved(part) for part in both]
            if second.reached(edits) is not None:
                return both
        return []


def _has_odd_factor(proposal: Proposal) -> bool:
    """Return whether a factor was found that nobody forgets: what else repairs the same is likelier wrong."""
    changes = [edit.change for edit in proposal.edits]
    factors = [change.argument for change in changes if isinstance(change, OnInput | OnOutput)]
    return proposal.describe is not None and any(_is_odd(factor) for factor in factors if factor is not None)


def _is_odd(factor: float) -> bool:
    """Return whether a factor is neither a sign, nor a count or one over it."""
    if factor < 0:
        return abs(factor + 1) > _NEAR
    times = max(factor, 1 / factor) if factor else 1.0
    return abs(times - round(times)) > _NEAR * times


_NEAR = 1e-5


def _found(
    proposal: Proposal, finding: Finding, residual: float, edits: tuple[Edit, ...] | None = None
) -> Found:
    text = proposal.text or proposal.in_words
    fix = Fix(text=text, residual=residual, source=proposal.text is not None)
    proved = replace(finding, severity="error", verified=True, fix=fix)
    return Found(proved, edits or proposal.edits, proposal.edits[0].place)


def _unproved(found: Found) -> Found:
    """Return `found` as the suspicion that it is while there is no second batch to try it on."""
    finding = found.finding
    assert finding.fix is not None
    agrees = f"on this batch the gradients agree with it: {finding.fix.text}"
    note = f"{agrees}; no second batch could be made to prove it on"
    unproved = replace(finding, severity="suspicion", verified=False, fix=None, notes=(*finding.notes, note))
    return replace(found, finding=unproved)


def _depending_on_the_batch(found: Found, factor: float) -> Found:
    finding = found.finding
    note = f"the factor depends on the batch: on a second one it takes {factor:.6g}, so it is a count or a weight"
    assert finding.fix is not None
    fix = replace(
        finding.fix, text=f"{finding.fix.text} on this batch, by {factor:.6g} on a second one: compute it"
    )
    return replace(found, finding=replace(finding, notes=(*finding.notes, note), fix=fix))


def _together(found: Found) -> Found:
    note = "one of two faults: the gradients agree with both fixes, not with one of them"
    return replace(found, finding=replace(found.finding, notes=(*found.finding.notes, note)))

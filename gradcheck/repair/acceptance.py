"""The checks that every working edit must pass before it is reported.

An edit makes the gradients agree on the case's own batch. That may be chance, or true of this batch alone. So it
is refused, or remains a lead, unless:

- it also holds on a second batch, which differs from the first, in its size too where the formulations allow it;
- a number in it is a plain one (0, ±1, 2, ½), a size at hand, a constant of the programs, or one over these. One
  that follows the batch, or another one, proves the place and is no fix;
- the values of the losses agree, where it changes no value: a stop of the gradient is no repair of those.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradcheck.findings import Proof
from gradcheck.repair.factors import Term, terms
from gradcheck.repair.goal import Goal
from gradcheck.repair.language import Edit
from gradcheck.repair.other_batches import OtherBatch, OtherBatches
from gradcheck.repair.places import coefficient, has_a_number, scales
from gradcheck.repair.proposal import Proposal

Edits = tuple[Edit, ...]


@dataclass(frozen=True)
class Hit:
    """One proposal, or two, with which the gradients agree on the case's own batch.

    Parameters
    ----------
    parts
        The proposals, tried together.
    residual
        The relative difference that is left.
    factor
        What was found for a proposal whose factor had to be.
    """

    parts: tuple[Proposal, ...]
    residual: float
    factor: float | None = None

    @property
    def edits(self) -> Edits:
        """All edits of it."""
        return tuple(edit for part in self.parts for edit in part.edits)

    def with_factor(self, factor: float) -> Hit:
        """Return the hit with another factor."""
        (part,) = self.parts
        return replace(self, parts=(replace(part, edits=part.with_factor(factor)),), factor=factor)

    @property
    def scales(self) -> bool:
        """Whether it multiplies something by a number."""
        return any(map(scales, self.edits))


@dataclass(frozen=True)
class Refused:
    """Nothing is said of it."""

    why: str


@dataclass(frozen=True)
class Lead:
    """It may be where to look; nothing is proved.

    Parameters
    ----------
    note
        What was seen.
    alone
        Whether there is no second batch to try anything on.
    term
        What the factor of it is on this batch, where that follows the batch.
    """

    hit: Hit
    note: str
    alone: bool = False
    term: Term | None = None


@dataclass(frozen=True)
class Proved:
    """It holds on two batches.

    Parameters
    ----------
    hit
        As it was tried in the end.
    term
        What its factor is, if it has one that is known.
    no_fix
        Why it is not a fix, although the place is proved; "" if it is one.
    this_size_only
        Whether the gradients part nevertheless on a batch of another size.
    """

    hit: Hit
    proof: Proof
    term: Term | None = None
    no_fix: str = ""
    this_size_only: bool = False


@dataclass(frozen=True)
class _OnOtherBatches:
    """On which other batch edits hold, or fail; neither where none tells."""

    other: OtherBatch | None = None
    residual: float = 0.0
    failed_on: OtherBatch | None = None

    @property
    def this_size_only(self) -> bool:
        """Whether they hold on one batch, and fail on one of another size."""
        return self.other is not None and self.failed_on is not None


class Gate:
    """Judges what works on the case's own batch.

    Parameters
    ----------
    first
        The target on that batch.
    others
        Other batches.
    """

    def __init__(self, first: Goal, others: OtherBatches) -> None:
        self._first, self._others = first, others

    def judge(self, hit: Hit) -> Refused | Lead | Proved:
        """Return what may be said of `hit`."""
        if self._is_a_stop_in_vain(hit):
            return Refused("it changes no value, and the losses have different ones")
        if hit.factor is not None:
            return self._with_factor(hit, hit.factor)
        there = self._on_other_batches(lambda _: hit.edits, has_number=_has_number(hit.edits))
        if there.other is None:
            return Refused("it fails on a second batch") if there.failed_on else self._unproved(hit)
        no_fix = next(filter(None, (self._not_a_fix(edit, there.other) for edit in hit.edits)), "")
        if no_fix and len(hit.parts) > 1:
            return Refused(no_fix)
        proof = self._proof(hit, there.other, there.residual)
        return Proved(hit, proof, no_fix=no_fix, this_size_only=there.this_size_only)

    def rank_of_factor(self, hit: Hit) -> int:
        """Return 0 for a factor that may be a fix, or none; 1 for one that follows the batch, 2 for any other.

        Of a constant with a factor it is the product that would be written: what the factor is counts for less.
        """
        if hit.factor is None:
            return 0
        (part,) = hit.parts
        ranks = (
            max(int(term.quantity.follows_batch), int(part.scaled is not None and term.over == 1))
            for term in self._terms(hit)
        )
        return min(ranks, default=2)

    def _is_a_stop_in_vain(self, hit: Hit) -> bool:
        changes_no_value = any(self._first.keeps_the_value(part.edits) for part in hit.parts)
        return changes_no_value and not self._first.has_the_value(hit.edits)

    def _with_factor(self, hit: Hit, factor: float) -> Refused | Lead | Proved:
        found = self._terms(hit)
        if math.isclose(factor, 1.0, rel_tol=1e-4):
            return Refused("it only tips over what decides between two values")
        for term in found:
            exact = hit.with_factor(term.factor(term.quantity.value))
            if isinstance(self._first.reached(exact.edits), str):
                continue
            there = self._on_other_batches(_looked_up(hit, term), has_number=True)
            if there.other is not None:
                no_fix = self._no_number(term, found, hit, there.other)
                return Proved(exact, self._proof(exact, there.other, there.residual), term, no_fix)
        there = self._on_other_batches(lambda _: hit.edits, has_number=True)
        if there.other is not None:
            said = f"no fix: {factor:.6g} is neither a constant of either program nor a size in it"
            return Proved(hit, self._proof(hit, there.other, there.residual), None, said)
        return self._unproved(hit) if there.failed_on is None else self._of_this_batch(hit, there.failed_on)

    def _no_number(self, term: Term, found: Sequence[Term], hit: Hit, other: OtherBatch) -> str:
        """Return why a term is no fix; "" where it is one: a number that is the same on every batch."""
        same_size = other.target.samples == self._first.samples
        value = _value(term, other.target, hit)
        if term.quantity.follows_batch or value != term.quantity.value:
            changed = "" if value is None else f" here, and {term.factor(value):.6g} on a second batch"
            said = f"the factor depends on the batch: it is {term.factor(term.quantity.value):.6g}{changed}"
        elif same_size and any(one.quantity.follows_batch for one in found):
            said = "the factor may depend on the batch: no batch of another size could be tried"
        else:
            return ""
        return f"{said}, so a number is not a fix"

    def _not_a_fix(self, edit: Edit, other: OtherBatch) -> str:
        """Return why the number of an edit is no fix; "" where it is one, or there is none."""
        number = coefficient(edit)
        if number is None:
            return ""
        found = terms(number, self._first.quantities(edit.place))
        if not found:
            return f"no fix: {number:.6g} is neither a constant of either program nor a size in it"
        follows = [term for term in found if term.quantity.follows_batch]
        if len(follows) == len(found) or (follows and other.target.samples == self._first.samples):
            return f"the number {number:.6g} may depend on the batch, so it is not a fix"
        return ""

    def _of_this_batch(self, hit: Hit, other: OtherBatch) -> Refused | Lead:
        """Return what may be said of a factor that only fits one batch: a lead where something on it explains it.

        Of a loss within a function, as its exponential, some factor undoes that too, on each batch another one.
        """
        term = next((term for term in self._terms(hit) if term.quantity.follows_batch), None)
        if term is None:
            return Refused("nothing explains the factor")
        solved = other.target.solved(hit.parts[0])
        if solved is None:
            return Refused("on a second batch no factor does")
        note = (
            f"the gradients agree with this times {hit.factor:.6g}, and on a second batch with this times "
            f"{solved[0]:.6g}: something is counted or weighted differently here; what it is was not found"
        )
        return Lead(hit, note, term=term)

    def _unproved(self, hit: Hit) -> Lead:
        words = "; ".join(part.text or part.in_words for part in hit.parts)
        there_is_none = next(iter(self._others), None) is None
        why = "no second batch could be made to confirm it" if there_is_none else "no second batch runs this"
        return Lead(hit, f"on this batch the gradients agree with it: {words}; {why}", alone=there_is_none)

    def _proof(self, hit: Hit, other: OtherBatch, residual: float) -> Proof:
        return Proof(
            tried="; ".join(dict.fromkeys(part.in_words for part in hit.parts)),
            residual=max(hit.residual, residual),
            samples=(self._first.samples, other.target.samples),
            second=other.second,
        )

    def _terms(self, hit: Hit) -> list[Term]:
        """Return what the factor of a hit may be. Of a constant with a factor, the product comes first."""
        (part,), factor = hit.parts, hit.factor
        assert factor is not None
        quantities = self._first.quantities(part.place)
        found = terms(factor, quantities)
        if part.scaled:
            missing = [quantity for quantity in quantities if quantity.missing]
            products = terms(factor * part.scaled, missing)
            found = [*(replace(term, over=part.scaled) for term in products), *found]
        return found

    def _on_other_batches(
        self, edits_on: Callable[[Goal], Edits | None], *, has_number: bool
    ) -> _OnOtherBatches:
        """Try edits on other batches, until they hold on one, or fail on one of the same size.

        One of another size counts for more: a number has to hold on one, if there is one on which it can be run.
        Other edits need not, since a size may be written into a formulation; then that is said.
        """
        failed: list[OtherBatch] = []
        for other in self._others:
            same_size = other.target.samples == self._first.samples
            if failed and (other.second != failed[-1].second or (has_number and same_size and _tell(failed))):
                break
            edits = edits_on(other.target)
            if edits is None or not other.target.attempt.applies(edits):
                continue
            reached = other.target.reached(edits)
            if isinstance(reached, float):
                return _OnOtherBatches(other, reached, failed[-1] if failed and same_size else None)
            if reached == "differs":
                failed.append(other)
                if same_size:
                    break
        return _OnOtherBatches(failed_on=failed[-1] if failed else None)


def _tell(failed: Sequence[OtherBatch]) -> bool:
    return any(one.tells_of_sizes() for one in failed)


def _has_number(edits: Edits) -> bool:
    return any(map(has_a_number, edits))


def _value(term: Term, target: Goal, hit: Hit) -> float | None:
    """Return the value that the quantity of a term has on another batch; None where it is not there."""
    if term.quantity.is_number:
        return term.quantity.value
    place = hit.parts[0].place
    return next((one.value for one in target.quantities(place) if one.key == term.quantity.key), None)


def _looked_up(hit: Hit, term: Term) -> Callable[[Goal], Edits | None]:
    def edits(target: Goal) -> Edits | None:
        value = _value(term, target, hit)
        return None if value is None else hit.with_factor(term.factor(value)).edits

    return edits

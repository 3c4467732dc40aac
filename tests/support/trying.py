"""A candidate that is plain arithmetic: edits at its places multiply its gradient, and its loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradcheck.findings import Finding
from gradcheck.program.places import Place
from gradcheck.repair.factors import PLAIN, Quantity
from gradcheck.repair.goal import Goal
from gradcheck.repair.language import OWN, Call, Edit, Number, call, times
from gradcheck.repair.proposal import Proposal

GRADIENT = np.array([3.0, -4.0])


def edit(function, factor=None, place="here", *, sought=False):
    made = call(function, OWN) if factor is None else times(factor, OWN, sought=sought)
    return Edit(Place(None, place), made)


class Saying:
    """Writes every edit alike."""

    def written(self, edits):
        return "-(x)"


def proposal(*edits, **options):
    finding = Finding(cause="sign", message="this has the wrong sign", span=None)
    return Proposal(finding=finding, edits=edits, writer=Saying(), **options)


def solving(**options):
    def describe(factor, term):
        words = "" if term is None else term.quantity.words
        return Finding(cause="reduction", message=f"{factor:.6g} times{words}", span=None)

    given = {"edits": (edit("multiply", 1.0, sought=True),), "describe": describe} | options
    return Proposal(finding=Finding(cause="reduction", message="", span=None), **given)


@dataclass(frozen=True)
class Outcome:
    value: float
    gradients: list


class Candidate:
    """A candidate that is off by a factor at each of some places.

    A `stop_gradient` undoes the fault at its place in the gradient, and leaves the loss as it is.
    """

    def __init__(self, faults, work=None, value=1.0):
        self._faults, self._work, self._value = faults, work, value

    def applies(self, edits):
        return all(made.place.type in self._faults for made in edits)

    def __call__(self, edits):
        if self._work is not None:
            self._work.spend(1)
        changing = [made for made in edits if made.expression.name != "stop_gradient"]
        return Outcome(self._value * self._factor(changing), [self.gradient(edits)])

    def gradient(self, edits):
        return self._factor(edits) * GRADIENT

    def _factor(self, edits):
        factor = np.prod(list(self._faults.values()))
        for made in edits:
            match made.expression:
                case Call(name="stop_gradient"):
                    factor /= self._faults[made.place.type]
                case Call(name="negative"):
                    factor *= -1.0
                case Call(arguments=(Number(value=value), _)):
                    factor *= value
        return factor


def target(candidate, work=None, samples=8, quantities=(), value=(1.0, 1e-9)):
    """Return a target for a candidate, or for one that is off by that factor."""
    if not isinstance(candidate, Candidate):
        candidate = Candidate({"here": candidate}, work)
    plain = [Quantity(number, number) for number in PLAIN]
    return Goal(
        gradients=[GRADIENT],
        allowed=[1e-6],
        unresolved=[0.0],
        value=value,
        attempt=candidate,
        samples=samples,
        quantities=lambda _: [*plain, *quantities],
    )

"""A case out of the user's file, made anew for each mode that needs it so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gradcheck.cases import Case
from gradcheck.comparison.named_losses import one_loss
from gradcheck.errors import CaseError, NamedLossesError
from gradcheck.execution.modes.base import Base, base_of
from gradcheck.execution.modes.dtype_policy import policy
from gradcheck.execution.modes.policies import are_distributed, settings_stay
from gradcheck.execution.run.prepare import ready
from gradcheck.execution.scripts.fresh import as_the_first
from gradcheck.targets.loading import Factory, load

Side = Literal["candidate", "reference"]


@dataclass(frozen=True)
class Maker:
    """Makes one case of a target, as often as it is wanted.

    Parameters
    ----------
    name
        That of its factory.
    loss, losses
        Which of several losses is wanted, and all of them.
    """

    target: str
    name: str
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    side: Side = "candidate"
    loss: str | None = None
    losses: Sequence[str] = ()

    def __call__(self, policy_name: str | None = None, scope: Any = None) -> Case:
        """Import the user's file and make the case, under a dtype policy or in the scope of a strategy.

        What is made when the file is imported is in the scope only where the factory makes no variables there.
        """
        with as_the_first(self.seed), settings_stay(), policy(policy_name):
            if scope is None:
                return self._made(self._factory(), None)
            case = self._made(self._factory(), scope)
            if are_distributed(case.variables):
                return case
        with as_the_first(self.seed), settings_stay(), scope.scope():
            return self._made(self._factory(), None)

    def _factory(self) -> Factory:
        return next(one for one in load(self.target) if one.name == self.name)

    def _made(self, factory: Factory, scope: Any) -> Case:
        with contextlib.nullcontext() if scope is None else scope.scope():
            case = factory.make(seed=self.seed, settings=self.settings)
        return one_loss(self._of_side(case), self.loss, self.losses) if self.loss else self._of_side(case)

    def _of_side(self, case: Case) -> Case:
        return one_side(case, self.side)


def one_side(case: Case, side: Side) -> Case:
    """Return `case` with one formulation, which is its candidate.

    Raises
    ------
    CaseError
        It has no reference, and that is wanted.
    """
    case = ready(case)
    if side == "reference":
        if case.reference is None:
            raise CaseError("the case has no reference: leave out --side reference")
        own = case.variables if case.reference_variables is None else case.reference_variables
        case = replace(case, candidate=case.reference, variables=own)
    return replace(case, reference=None, reference_variables=None, reference_gradients=None)


def bases_of(maker: Maker) -> Iterator[tuple[Maker, Base]]:
    """Yield the case with what its modes are compared with; each of several losses by itself."""
    case = maker()
    try:
        yield maker, base_of(case, maker.seed)
        return
    except NamedLossesError as several:
        names = several.names
    for name in names:
        one = replace(maker, loss=name, losses=names)
        yield one, base_of(one(), maker.seed)

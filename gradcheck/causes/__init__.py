"""One file per cause: what it looks like, which edits would repair it, a wrong and a right example.

Each has `EXAMPLES`, and a docstring for readers who see the cause for the first time. It may have
`find(evidence)`, which returns what can be seen without trying anything. Where two programs were found to part,
`claims(located)` says whether this is why; the lower its `CLAIMS`, the earlier it is asked: 1 tells by shapes and
derivatives, 3 by numbers, 5 by types of ops. What none claims, one may with `claims_else(located)`. A cause may
have `explains(change)`, which returns what to say of a change of one op if that is how one mends it,
`rewrites(difference)`, which tells the same of a text, and `propose(evidence)`, which returns edits to try that
are made nowhere else. A cause has the name of its file. The tests, `gradcheck explain`, the schemas, and in the
documentation the pages and the navigation are made from these; adding a file is all it takes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from gradcheck.causes._evidence import Evidence
from gradcheck.causes._located import Located
from gradcheck.causes._shared_lines import off_shared_lines, shared_sites
from gradcheck.findings import CauseName, Finding
from gradcheck.repair.changes import Change
from gradcheck.repair.proposal import Proposal, Proposer
from gradcheck.repair.usual import changes
from gradcheck.source.differences import Difference, differences


def find_all(evidence: Evidence) -> list[Finding]:
    """Ask every cause what it sees."""
    by_name = sorted(_asked("find"), key=lambda one: one[0])
    return off_shared_lines([finding for _, find in by_name for finding in find(evidence)], evidence)


def propose_all(evidence: Evidence) -> list[Proposal]:
    """Ask every cause what to try; the likeliest first, and of equals what comes first in the program."""
    explaining, proposing = _asked("explains"), _asked("propose")
    usual = (_explained(change, explaining) for change in changes(evidence.candidate))
    proposals = [
        *(proposal for proposal in usual if proposal is not None),
        *(proposal for _, propose in proposing for proposal in propose(evidence)),
    ]
    shared = shared_sites(evidence)
    return [
        replace(proposal, writer=None)
        if any(edit.place.site in shared for edit in proposal.edits)
        else proposal
        for proposal in sorted(proposals, key=lambda proposal: proposal.rank)
    ]


def explained(change: Change) -> Proposal | None:
    """Return what to say of a change if it repairs the candidate: as the first cause does that explains it."""
    return _explained(change, _asked("explains"))


def _explained(change: Change, causes: Asked) -> Proposal | None:
    for name, explains in causes:
        said = explains(change)
        if said is not None:
            return Proposer(name, change.recording)(change.op, change.expression, **vars(said))
    return None


def names() -> tuple[str, ...]:
    """Return the name of every cause, in alphabetical order: those of the files here."""
    return tuple(
        sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    )


def module(name: str) -> ModuleType:
    """Return the module of a cause.

    Raises
    ------
    ModuleNotFoundError
        There is no such cause.
    """
    return importlib.import_module(f"{__name__}.{name}")


def cause_of(located: Located) -> CauseName:
    """Return which cause a located difference has: the first that claims it, in the order of their `CLAIMS`."""
    if located.term_of_one_side:
        return "other" if located.blamed is None else "disconnected"
    found = next(name for name, claims in _asked("claims") if claims(located))
    others = (name for name, claims in _asked("claims_else") if claims(located))
    return next(others, found) if found == "other" else found


def cause_of_text(before: str, after: str) -> CauseName | None:
    """Return which cause a rewritten expression has; None unless all differences have the same."""
    return cause_of_differences(differences(before, after))


def cause_of_differences(found: Sequence[Difference]) -> CauseName | None:
    """Return which cause all of some differences have; None where they have several, or none.

    What is given another shape beside something else is given it for that, and what is divided beside a sum is
    divided by what the sum runs over.
    """
    asked = _asked("rewrites")
    causes = {one: next((name for name, rewrites in asked if rewrites(one)), None) for one in found}
    summed = "reduction" in causes.values()
    named = {cause for one, cause in causes.items() if not (_shapes(one) or (summed and _divides(one)))}
    named = named or {*causes.values()}
    return named.pop() if len(named) == 1 else None


def _shapes(difference: Difference) -> bool:
    return (difference.what, difference.new) in (("around", "reshape"), ("argument", "keepdims"))


def _divides(difference: Difference) -> bool:
    return "Div" in (difference.old, difference.new)


Asked = Sequence[tuple[CauseName, Callable[..., Any]]]
"""A function of those causes that have it, with their names, in the order in which they are asked."""


def _asked(question: str) -> Asked:
    in_order = sorted(modules(), key=lambda cause: int(cause.CLAIMS))
    return [
        (cause.__name__.rpartition(".")[2], getattr(cause, question))
        for cause in in_order
        if hasattr(cause, question)
    ]


def modules() -> list[ModuleType]:
    """Return the module of every cause, in alphabetical order."""
    return [module(name) for name in names()]

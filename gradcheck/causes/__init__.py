"""One file per cause: what it looks like, which edits would repair it, a wrong and a right example.

Each has `find(evidence)`, which returns what can be seen without trying anything, `propose(evidence)`, which
returns edits to try, `EXAMPLES`, and a docstring for whoever meets the cause for the first time. The tests,
`gradcheck explain` and the pages in the documentation are made from these; adding a file is all it takes.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from types import ModuleType

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal
from gradcheck.findings import Finding
from gradcheck.source import Site

_NOT_CAUSES = {"closed", "counting", "evidence", "examples", "pairing", "proposal", "queries", "rewriting"}


def find_all(evidence: Evidence) -> list[Finding]:
    """Ask every cause what it sees."""
    return [finding for module in modules() for finding in module.find(evidence)]


def propose_all(evidence: Evidence) -> list[Proposal]:
    """Ask every cause what to try; the likeliest first, and of equals what comes first in the program."""
    proposals = [proposal for module in modules() for proposal in module.propose(evidence)]
    shared = _shared_sites(evidence)
    return [
        replace(proposal, text=None)
        if any(edit.place.site in shared for edit in proposal.edits)
        else proposal
        for proposal in sorted(proposals, key=lambda proposal: proposal.unlikely)
    ]


def _shared_sites(evidence: Evidence) -> frozenset[Site | None]:
    """Return the places that both formulations run: an edit was tried on one, but the source is that of both.

    Where the reference is the candidate itself, on single samples, there is one formulation only.
    """
    candidate, reference = (frozenset(side.at_site) for side in (evidence.candidate, evidence.reference))
    return frozenset() if candidate <= reference else candidate & reference


def modules() -> list[ModuleType]:
    """Return the module of every cause, in alphabetical order."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if info.name not in _NOT_CAUSES]
    return [importlib.import_module(f"{__name__}.{name}") for name in names]

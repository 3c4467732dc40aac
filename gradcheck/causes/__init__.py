"""One file per cause: what it looks like, and which edits would repair it.

Each has `find(evidence)`, which returns what can be seen without trying anything, and `propose(evidence)`,
which returns edits to try.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from gradcheck.causes.evidence import Evidence
from gradcheck.causes.proposal import Proposal
from gradcheck.findings import Finding

_NOT_CAUSES = {"evidence", "proposal", "queries", "rewriting"}


def find_all(evidence: Evidence) -> list[Finding]:
    """Ask every cause what it sees."""
    return [finding for module in modules() for finding in module.find(evidence)]


def propose_all(evidence: Evidence) -> list[Proposal]:
    """Ask every cause what to try; the likeliest first, and of equals what comes first in the program."""
    proposals = [proposal for module in modules() for proposal in module.propose(evidence)]
    return sorted(proposals, key=lambda proposal: proposal.unlikely)


def modules() -> list[ModuleType]:
    """Return the module of every cause, in alphabetical order."""
    names = [info.name for info in pkgutil.iter_modules(__path__) if info.name not in _NOT_CAUSES]
    return [importlib.import_module(f"{__name__}.{name}") for name in names]

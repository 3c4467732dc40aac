"""One file per cause; each has `find(evidence)`, which returns what it sees."""

from __future__ import annotations

import importlib
import pkgutil

from gradcheck.causes.evidence import Evidence
from gradcheck.findings import Finding, most_certain_first


def find_all(evidence: Evidence) -> tuple[Finding, ...]:
    """Ask every cause in this folder, and return their findings, the most certain first."""
    modules = [
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
        if info.name != "evidence"
    ]
    return most_certain_first([finding for module in modules for finding in module.find(evidence)])

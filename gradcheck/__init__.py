"""Why does my vectorised loss train worse? Compare the gradients of two formulations of a loss.

Importing this package imports neither TensorFlow nor NumPy; comparing does.
"""

import importlib
from typing import TYPE_CHECKING, Any

from gradcheck._version import __version__
from gradcheck.cases import Case, case

if TYPE_CHECKING:
    from gradcheck.comparison.api import diff
    from gradcheck.comparison.report import LossReport, Report, VariableReport
    from gradcheck.errors import (
        BroadcastError,
        BroadcastWarning,
        CaseError,
        GradcheckError,
        HealthError,
        HealthWarning,
        TargetError,
        UserCodeError,
    )
    from gradcheck.findings import Finding, Fix
    from gradcheck.fuzzing.api import fuzz
    from gradcheck.fuzzing.result import FuzzResult
    from gradcheck.running.api import modes
    from gradcheck.running.result import ModesReport
    from gradcheck.source import Span
    from gradcheck.testing import assert_equivalent, assert_same_in_modes
    from gradcheck.tracing.api import shapes
    from gradcheck.tracing.view import ShapesView
    from gradcheck.training.frozen import frozen
    from gradcheck.training.guard import guard

__all__ = [
    "BroadcastError",
    "BroadcastWarning",
    "Case",
    "CaseError",
    "Finding",
    "Fix",
    "FuzzResult",
    "GradcheckError",
    "HealthError",
    "HealthWarning",
    "LossReport",
    "ModesReport",
    "Report",
    "ShapesView",
    "Span",
    "TargetError",
    "UserCodeError",
    "VariableReport",
    "__version__",
    "assert_equivalent",
    "assert_same_in_modes",
    "case",
    "diff",
    "frozen",
    "fuzz",
    "guard",
    "modes",
    "shapes",
]

_HOMES = {
    "gradcheck.testing": ("assert_equivalent", "assert_same_in_modes"),
    "gradcheck.errors": (
        "BroadcastError",
        "BroadcastWarning",
        "CaseError",
        "GradcheckError",
        "HealthError",
        "HealthWarning",
        "TargetError",
        "UserCodeError",
    ),
    "gradcheck.findings": ("Finding", "Fix"),
    "gradcheck.fuzzing.api": ("fuzz",),
    "gradcheck.training.frozen": ("frozen",),
    "gradcheck.training.guard": ("guard",),
    "gradcheck.comparison.api": ("diff",),
    "gradcheck.fuzzing.result": ("FuzzResult",),
    "gradcheck.running.api": ("modes",),
    "gradcheck.running.result": ("ModesReport",),
    "gradcheck.comparison.report": ("LossReport", "Report", "VariableReport"),
    "gradcheck.source": ("Span",),
    "gradcheck.tracing.api": ("shapes",),
    "gradcheck.tracing.view": ("ShapesView",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "callbacks":
        return importlib.import_module("gradcheck.callbacks")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def load_ipython_extension(ipython: Any) -> None:
    """Give IPython the cell magic ``%%gradcheck``; this is what ``%load_ext gradcheck`` calls."""
    from gradcheck.notebook import register

    register(ipython)


def __dir__() -> list[str]:
    return __all__

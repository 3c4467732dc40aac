"""Why does my vectorised loss train worse? Compare the gradients of two formulations of a loss.

Importing this package imports neither TensorFlow nor NumPy; comparing does.
"""

import importlib
from typing import TYPE_CHECKING, Any

from gradcheck._version import __version__

# Not deferred: the name must stand for the decorator, which importing the module would replace.
from gradcheck.case import Case, case

if TYPE_CHECKING:
    from gradcheck.asserting import assert_equivalent
    from gradcheck.errors import CaseError, GradcheckError, TargetError, UserCodeError
    from gradcheck.findings import Finding, Fix
    from gradcheck.pipeline import diff
    from gradcheck.report.report import LossReport, Report, VariableReport
    from gradcheck.source import Span

__all__ = [
    "Case",
    "CaseError",
    "Finding",
    "Fix",
    "GradcheckError",
    "LossReport",
    "Report",
    "Span",
    "TargetError",
    "UserCodeError",
    "VariableReport",
    "__version__",
    "assert_equivalent",
    "case",
    "diff",
]

_HOMES = {
    "gradcheck.asserting": ("assert_equivalent",),
    "gradcheck.errors": ("CaseError", "GradcheckError", "TargetError", "UserCodeError"),
    "gradcheck.findings": ("Finding", "Fix"),
    "gradcheck.pipeline": ("diff",),
    "gradcheck.report.report": ("LossReport", "Report", "VariableReport"),
    "gradcheck.source": ("Span",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__

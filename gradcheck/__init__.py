"""Why does my vectorised loss train worse? Compare the gradients of two formulations of a loss.

Importing this package does not import TensorFlow; comparing does.
"""

from gradcheck._version import __version__
from gradcheck.asserting import assert_equivalent
from gradcheck.case import Case, case
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

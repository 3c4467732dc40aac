"""What a project accepts: which findings are left out, which are mere notes, and which files it compares."""

from gradcheck.accepted.baseline import Baseline, Known, read_baseline, write_baseline
from gradcheck.accepted.decision import (
    Acceptance,
    accepted,
    check_settings,
    deciding_with,
    in_baseline,
    meant_so,
    project_here,
    severity_set,
    verdict_in_baseline,
)
from gradcheck.accepted.ignored import Ignored, SettingsError
from gradcheck.accepted.project import Project, project_of

__all__ = [
    "Acceptance",
    "Baseline",
    "Ignored",
    "Known",
    "Project",
    "SettingsError",
    "accepted",
    "check_settings",
    "deciding_with",
    "in_baseline",
    "meant_so",
    "project_here",
    "project_of",
    "read_baseline",
    "severity_set",
    "verdict_in_baseline",
    "write_baseline",
]

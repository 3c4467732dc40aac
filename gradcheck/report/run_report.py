"""What there is to say of a program that was watched, and its JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gradcheck._version import __version__
from gradcheck.comparison.report import finding_document, plain
from gradcheck.findings import Finding
from gradcheck.program.gradient_health import PlaceHealth, VariableHealth
from gradcheck.report.json_document import SCHEMA, environment


@dataclass(frozen=True)
class RunReport:
    """A program that was watched.

    Parameters
    ----------
    ended
        How it ended, where it was not by its last line.
    """

    places: tuple[PlaceHealth, ...]
    findings: tuple[Finding, ...]
    ended: str = ""


def to_json(report: RunReport) -> str:
    """Return the document that ``gradcheck run --format json`` writes; docs/run.schema.json describes it."""
    document = {
        "schema": SCHEMA,
        "gradcheck": __version__,
        "environment": environment(),
        "ended": report.ended or None,
        "places": [_place(place) for place in report.places],
        "findings": [finding_document(finding) for finding in report.findings],
    }
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _place(place: PlaceHealth) -> dict[str, Any]:
    return {
        "span": plain(place.span),
        "calls": place.calls,
        "traced": place.traced,
        "target": {
            "shapes": plain(place.target.shapes),
            "span": plain(place.target.span),
            "not_finite": place.target.not_finite,
        },
        "variables": [_variable(variable) for variable in place.variables],
        "other_sources": place.other_sources,
        "unmeasured": place.unmeasured or None,
    }


def _variable(variable: VariableHealth) -> dict[str, Any]:
    return {
        "path": variable.path,
        "shape": plain(variable.shape),
        "norm": plain(variable.norm),
        "zero": variable.zero,
        "none": variable.none,
        "not_finite": variable.not_finite,
        "dead_units": variable.dead_units,
        "units": variable.units,
    }

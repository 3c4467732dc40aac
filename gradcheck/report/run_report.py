"""The report on a program that was watched, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.comparison.finding_document import finding_document
from gradcheck.documents import number, shape_document, span_document, span_or_none
from gradcheck.findings import Finding
from gradcheck.program.gradient_health import NormSummary, PlaceHealth, VariableHealth
from gradcheck.report.json_document import header, written
from gradcheck.report.run_document import HealthDocument, NormDocument, PlaceDocument, RunDocument


@dataclass(frozen=True)
class RunReport:
    """A program that was watched.

    Parameters
    ----------
    ended
        How it ended, where it was not by its last line.
    checks
        What came of comparing its losses with themselves on single samples, a sentence for each place.
    """

    places: tuple[PlaceHealth, ...]
    findings: tuple[Finding, ...]
    ended: str = ""
    checks: tuple[str, ...] = ()


def to_json(report: RunReport) -> str:
    """Return the document that ``gradcheck run --format json`` writes; `gradcheck schema run` describes it."""
    document: RunDocument = {
        **header(),
        "ended": report.ended or None,
        "places": [_place(place) for place in report.places],
        "findings": [finding_document(finding) for finding in report.findings],
    }
    return written(document)


def _place(place: PlaceHealth) -> PlaceDocument:
    return {
        "span": span_document(place.span),
        "calls": place.calls,
        "traced": place.traced,
        "target": {
            "shapes": [shape_document(shape) for shape in place.target.shapes],
            "span": span_or_none(place.target.span),
            "not_finite": place.target.not_finite,
        },
        "variables": [_variable(variable) for variable in place.variables],
        "other_sources": place.other_sources,
        "unmeasured": place.unmeasured or None,
    }


def _variable(variable: VariableHealth) -> HealthDocument:
    return {
        "path": variable.path,
        "shape": shape_document(variable.shape),
        "norm": None if variable.norm is None else _norm(variable.norm),
        "zero": variable.zero,
        "none": variable.none,
        "not_finite": variable.not_finite,
        "dead_units": variable.dead_units,
        "units": variable.units,
    }


def _norm(norm: NormSummary) -> NormDocument:
    return {"first": number(norm.first), "median": number(norm.median), "last": number(norm.last)}

"""Several named losses in one case: a case, and a report, for each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gradcheck.cases import Case
from gradcheck.comparison.report import Report, worst
from gradcheck.errors import CaseError
from gradcheck.findings import most_certain_first

if TYPE_CHECKING:  # at run time it would bring TensorFlow along before there is anything to compare
    from gradcheck.comparison.second_batch import Another


def each_loss(
    case: Case,
    names: Sequence[str],
    another: Another | None,
    compare: Callable[[Case, Another | None], Report],
) -> Report:
    """Compare each of the losses `names` that the formulations of `case` return; return the reports together.

    Raises
    ------
    CaseError
        The variables are given by names that are not those of the losses.
    """
    reports = {}
    for name in names:
        anew = None if another is None else replace(another, make=_making(another, name, names))
        reports[name] = compare(one_loss(case, name, names), anew)
    return together(case.title, reports)


def one_loss(case: Case, name: str, names: Sequence[str]) -> Case:
    """Return `case` for one of its losses, with the variables that go with it."""
    return replace(
        case,
        loss=name,
        name=f"{case.name or 'case'}[{name}]",
        variables=_of_name(case.variables, name, names, "variables"),
        reference_variables=_of_name(case.reference_variables, name, names, "reference_variables"),
    )


def _making(another: Another, name: str, names: Sequence[str]) -> Callable[[int], Case]:
    return lambda seed: one_loss(another.make(seed), name, names)


def _of_name(variables: object, name: str, names: Sequence[str], what: str) -> object:
    """Return the variables for one loss: those of its name, or all where they have other names."""
    if not isinstance(variables, Mapping) or not set(variables) & set(names):
        return variables
    if name not in variables or set(variables) - set(names):
        raise CaseError(
            f"{what} has the names {_listed(variables)} and the losses are {_listed(names)}: expected the same "
            "names, or variables that all losses are differentiated for"
        )
    return variables[name]


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def together(name: str, reports: Mapping[str, Report]) -> Report:
    """Return the reports on several losses as one, which is the worst of them and holds all."""
    shown = worst(list(reports.values()))
    counted = ", ".join(f"{loss}: {report.verdict}" for loss, report in reports.items())
    return replace(
        shown,
        name=name,
        reason=f"of {len(reports)} losses ({counted}): {shown.reason}",
        findings=most_certain_first([finding for report in reports.values() for finding in report.findings]),
        parts=reports,
    )

"""The rows of a table of variables, folded: one is shown of those that say the same, and their number."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from gradcheck.comparison.report import VariableReport
from gradcheck.judgement.verdict import GRAVEST_FIRST, VariableVerdict
from gradcheck.report.wording import compared

_FEW, _MOST = 8, 20
"""So many variables are all shown; of more, those that say something else, up to `_MOST`."""

_ALIKE = 3
"""From so many that say the same, one is shown."""


class Entry(NamedTuple):
    """A variable that is shown, and others that say the same; or only others, of one verdict."""

    shown: VariableReport | None
    folded: tuple[VariableReport, ...] = ()


def entries(variables: Sequence[VariableReport], *, unfolded: bool = False) -> list[Entry]:
    """Return what to show of variables, in their order: of those that say the same, the one that differs most."""
    if unfolded or len(variables) <= _FEW:
        return [Entry(variable) for variable in variables]
    place = {id(variable): number for number, variable in enumerate(variables)}
    groups: dict[object, list[VariableReport]] = {}
    for variable in variables:
        groups.setdefault(_says(variable), []).append(variable)
    found = [entry for group in groups.values() for entry in _of_group(group)]
    return _the_gravest(sorted(found, key=lambda entry: place[id(entry.shown)]))


def _says(variable: VariableReport) -> object:
    """Return what a row says, but for its name and its norms: of what differs, by how much and where to."""
    if variable.verdict in ("different", "unstable", "inconclusive"):
        differ, _, cosine = compared(variable)
        return variable.verdict, variable.states, differ, cosine
    return variable.verdict, variable.states


def _of_group(group: Sequence[VariableReport]) -> list[Entry]:
    if len(group) < _ALIKE:
        return [Entry(variable) for variable in group]
    shown = max(group, key=lambda variable: variable.relative)
    return [Entry(shown, tuple(variable for variable in group if variable is not shown))]


def _the_gravest(found: list[Entry]) -> list[Entry]:
    """Return the entries that matter most, in their order, and the rest as one for each verdict."""
    if len(found) <= _MOST:
        return found
    kept = {id(entry) for entry in sorted(found, key=_gravity)[:_MOST]}
    rest: dict[VariableVerdict, list[VariableReport]] = {}
    for entry in found:
        if id(entry) not in kept and entry.shown is not None:
            rest.setdefault(entry.shown.verdict, []).extend([entry.shown, *entry.folded])
    return [entry for entry in found if id(entry) in kept] + [
        Entry(None, tuple(each)) for each in rest.values()
    ]


def _gravity(entry: Entry) -> tuple[int, float]:
    assert entry.shown is not None
    verdict = entry.shown.verdict
    order = GRAVEST_FIRST.index(verdict) if verdict in GRAVEST_FIRST else len(GRAVEST_FIRST)
    return order, -entry.shown.relative


def under_a_common_name(shown: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each path as a heading, empty where it is that of the path before, and the rest of the path.

    Paths that follow each other and begin with the same names are put under these.
    """
    for _, run in itertools.groupby(shown, key=lambda path: path.split("/")[0]):
        paths = list(run)
        prefix = _common(paths) if len(paths) >= _ALIKE else ""
        for number, path in enumerate(paths):
            yield prefix if number == 0 else "", path[len(prefix) :]


def _common(paths: Iterable[str]) -> str:
    """Return the names that all paths begin with, up to a `/`."""
    folders = zip(*(path.split("/")[:-1] for path in paths), strict=False)
    return "".join(
        f"{names[0]}/" for names in itertools.takewhile(lambda names: len(set(names)) == 1, folders)
    )

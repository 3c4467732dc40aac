"""The rows of a table on a place where gradients are taken, folded to what matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gradcheck.program.gradient_health import PlaceHealth, VariableHealth

HEADS = ("variable", "first", "median", "last", "zero", "None", "not finite")

LEGEND = (
    "norm of the gradient in the first call, the median, and in the last; in how many calls it was exactly zero, "
    "None, or had an element that is not finite"
)

_FEW, _MOST = 6, 20
"""So many variables are all shown; of more, those that matter, up to `_MOST`."""

MOST_PLACES = 20


class HealthRow(NamedTuple):
    """A variable, or several that are well, as text."""

    name: str
    shape: str
    figures: tuple[str, ...]
    matters: bool


def rows(place: PlaceHealth) -> Iterator[HealthRow]:
    """Yield the rows on a place."""
    if len(place.variables) <= _FEW:
        yield from map(_row, place.variables)
        return
    matter = [variable for variable in place.variables if _matters(variable)]
    yield from map(_row, matter[:_MOST])
    if len(matter) > _MOST:
        yield HealthRow(f"{len(matter) - _MOST} more like these", "", (), matters=True)
    well = [variable for variable in place.variables if not _matters(variable)]
    if well:
        yield _folded(well, others=bool(matter))


def _matters(variable: VariableHealth) -> bool:
    return bool(variable.zero or variable.none or variable.not_finite)


def _row(variable: VariableHealth) -> HealthRow:
    norm = variable.norm
    norms = ("–",) * 3 if norm is None else tuple(map(_figure, (norm.first, norm.median, norm.last)))
    counts = (variable.zero, variable.none, variable.not_finite)
    shape = "×".join("?" if length is None else str(length) for length in variable.shape) or "scalar"
    figures = (*norms, *(str(count) if count else "–" for count in counts))
    return HealthRow(variable.path, shape, figures, _matters(variable))


def _folded(variables: Sequence[VariableHealth], others: bool) -> HealthRow:
    norms = [variable.norm for variable in variables if variable.norm is not None]
    ranges = tuple(
        f"{_figure(min(column))}…{_figure(max(column))}"
        for column in zip(*((norm.first, norm.median, norm.last) for norm in norms), strict=True)
    )
    name = f"{len(variables)} {'other ' if others else ''}variable{'' if len(variables) == 1 else 's'}"
    return HealthRow(name, "", (*ranges, "–", "–", "–"), matters=False)


def _figure(value: float) -> str:
    return "0" if value == 0 else f"{value:.2g}"


def title(place: PlaceHealth) -> str:
    """Return what is taken at a place, in one line."""
    text = place.span.text.partition("\n")[0]
    return f"{text}…" if "\n" in place.span.text else text


def about(place: PlaceHealth) -> str:
    """Return how often gradients were taken at a place, and of what."""
    said = [f"{place.calls} call{'' if place.calls == 1 else 's'}"]
    if place.traced:
        said.append("in a compiled function")
    if place.other_sources:
        said.append(f"{place.other_sources} other source{'' if place.other_sources == 1 else 's'}")
    if place.unmeasured:
        said.append(place.unmeasured)
    return ", ".join(said)


def shown(places: Sequence[PlaceHealth]) -> tuple[list[PlaceHealth], int]:
    """Return the places to show, and how many more there are: those with nothing unusual are left out first."""
    if len(places) <= MOST_PLACES:
        return list(places), 0
    unusual = [place for place in places if any(map(_matters, place.variables))]
    chosen = {id(place) for place in [*unusual, *places][:MOST_PLACES]}
    return [place for place in places if id(place) in chosen], len(places) - len(chosen)

"""How the health of gradients is put into words."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.program.gradient_health import PlaceHealth, VariableHealth

SHOWN = 4


def listed(names: Sequence[str]) -> str:
    """Return some names in words."""
    shown = [f"`{name}`" for name in names[:SHOWN]]
    more = [f"{len(names) - SHOWN} more"] if len(names) > SHOWN else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} and {last}" if first else last


def paths_of(variables: Sequence[VariableHealth]) -> str:
    """Return the paths of some variables in words."""
    return listed([variable.path for variable in variables])


def how_many(variables: Sequence[VariableHealth], place: PlaceHealth) -> str:
    """Return which part of a place's variables some are, or the only one by its path."""
    if len(variables) == 1:
        return f"`{variables[0].path}`"
    every = len(place.variables)
    return f"all {every} variables" if len(variables) == every else f"{len(variables)} of {every} variables"


def number(count: int, noun: str) -> str:
    """Return a number of things."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def in_calls(count: int, place: PlaceHealth | None = None) -> str:
    """Return in how many of a place's calls; without one, a number of calls."""
    if place is None:
        return number(count, "call")
    return every_call(place) if count == place.calls else f"{count} of {number(place.calls, 'call')}"


def every_call(place: PlaceHealth) -> str:
    """Return that it is so in every call of a place."""
    return "the only call" if place.calls == 1 else f"each of {place.calls} calls"

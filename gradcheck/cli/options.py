"""Arguments and options that more than one command has."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Annotated

import typer

from gradcheck.errors import TargetError


def whole(at_least: int, at_most: int | None = None) -> Callable[[str], int]:
    """Return what reads an option that is a whole number. Bounds given to typer would fill the help text."""
    upto = "or more" if at_most is None else f"to {at_most}"

    def read(given: str) -> int:
        try:
            number = int(given)
        except ValueError:
            raise typer.BadParameter(f"{given!r}: expected a whole number, {at_least} {upto}") from None
        if number < at_least or (at_most is not None and number > at_most):
            raise typer.BadParameter(f"{number}: expected a whole number, {at_least} {upto}")
        return number

    return read


def seconds(given: str) -> float:
    """Return an option that is a time limit."""
    try:
        number = float(given)
    except ValueError:
        number = -1.0
    if not number >= 0:  # nor NaN
        raise typer.BadParameter(f"{given!r}: expected a number of seconds, 0 or more")
    return number


OptionalTarget = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        help="FILE.py, FILE.py:name, MODULE or MODULE:name; with no name, every case in it. If omitted, "
        "`paths` in [tool.gradcheck] of pyproject.toml.",
        show_default=False,
    ),
]


TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="FILE.py, FILE.py:name, MODULE or MODULE:name; with no name, every case in it.",
    ),
]


Seed = Annotated[
    int,
    typer.Option(
        parser=whole(0, 2**32 - 1), metavar="N", help="Seed of the run, and of the factory's `seed`."
    ),
]


Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the factory; may be repeated."),
]


Output = Annotated[
    pathlib.Path | None, typer.Option(metavar="FILE", help="Write the report to FILE instead of stdout.")
]


def parsed_settings(given: list[str]) -> dict[str, str]:
    """Return ``--set NAME=VALUE`` by name; a `TargetError` where one is written otherwise."""
    pairs = [setting.partition("=") for setting in given]
    for setting, (name, equals, _) in zip(given, pairs, strict=True):
        if not (name and equals):
            raise TargetError(f"--set {setting}: expected NAME=VALUE, for example --set samples=500")
    return {name: value for name, _, value in pairs}

"""Arguments and options that more than one command has."""

from __future__ import annotations

import pathlib
from typing import Annotated

import typer

from gradcheck.errors import TargetError

TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="FILE.py, FILE.py:name, MODULE or MODULE:name; with no name, every case in it.",
    ),
]


Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Seed of the run, and of the factory's `seed`.")
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

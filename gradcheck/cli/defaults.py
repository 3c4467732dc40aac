"""Defaults of options from the project: ``[tool.gradcheck.diff]`` and the like in ``pyproject.toml``."""

from __future__ import annotations

import difflib
import pathlib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import typer

from gradcheck.errors import GradcheckError


class SettingsError(GradcheckError):
    """What a project sets cannot be used."""


def defaults_for(context: typer.Context) -> dict[str, dict[str, Any]]:
    """Return what the nearest ``pyproject.toml`` with a table for gradcheck sets, by command and parameter.

    Raises
    ------
    SettingsError
        It is no TOML, or names a command or an option that does not exist.
    """
    found = _nearest_table(pathlib.Path.cwd())
    if found is None:
        return {}
    file, table = found
    commands = context.command.commands  # type: ignore[attr-defined]  # the command is a group
    chosen: dict[str, dict[str, Any]] = {}
    for command, options in table.items():
        _check(command, commands, f"{file}: [tool.gradcheck.{command}]: there is no such command")
        if not isinstance(options, Mapping):
            raise SettingsError(f"{file}: [tool.gradcheck] {command}: expected a table of options")
        known = {
            name.lstrip("-"): one for one in commands[command].params for name in one.opts if "-" in name
        }
        for option in options:
            _check(option, known, f"{file}: [tool.gradcheck.{command}] {option}: there is no such option")
        chosen[command] = {known[option].name: _as_typed(value) for option, value in options.items()}
    return chosen


def _nearest_table(folder: pathlib.Path) -> tuple[pathlib.Path, Mapping[str, Any]] | None:
    for file in (each / "pyproject.toml" for each in (folder, *folder.parents)):
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        if "gradcheck" not in text:  # what is wrong in other files is nothing to us
            continue
        try:
            table = tomllib.loads(text).get("tool", {}).get("gradcheck")
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"cannot read {file}: {error}") from error
        if table is not None:
            return file, table
    return None


def _check(name: str, known: Iterable[str], message: str) -> None:
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        raise SettingsError(f"{message}{f'; did you mean {near[0]}?' if near else ''}")


def _as_typed(value: Any) -> Any:
    """Return a value as it would be typed on the command line; each of a list on its own."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return value if isinstance(value, bool) else str(value)

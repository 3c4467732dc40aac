"""Defaults of options from the project: ``[tool.gradcheck.diff]`` and the like in ``pyproject.toml``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import typer

from gradcheck.accepted import Project, SettingsError, project_here


def defaults_for(context: typer.Context) -> dict[str, dict[str, Any]]:
    """Return what the nearest ``pyproject.toml`` with a table for gradcheck sets, by command and parameter.

    Raises
    ------
    SettingsError
        It is no TOML, or names a command or an option that does not exist.
    """
    project = project_here()
    if project is None:
        return {}
    file = project.file
    _check_codes(project)
    commands = context.command.commands  # type: ignore[attr-defined]  # the command is a group
    chosen: dict[str, dict[str, Any]] = {}
    for command, options in project.commands.items():
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


def _check_codes(project: Project) -> None:
    """Check the codes that a project names: one that is misspelt would do nothing, unnoticed."""
    if not (project.ignored or project.severities):
        return
    from gradcheck.causes import names
    from gradcheck.tracing.document import MarkCode

    codes = [*names(), *get_args(MarkCode)]
    for number, entry in enumerate(project.ignored):
        if entry.code is not None:
            where = f"{project.file}: [tool.gradcheck] ignore[{number}] {entry.code}"
            _check(entry.code, codes, f"{where}: there is no such code")
    for code in project.severities:
        _check(code, codes, f"{project.file}: [tool.gradcheck] severity {code}: there is no such code")


def _check(name: str, known: Iterable[str], message: str) -> None:
    names = list(known)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(names)}"
        raise SettingsError(f"{message}; {hint}")


def _as_typed(value: Any) -> Any:
    """Return a value as it would be typed on the command line; each of a list on its own."""
    if isinstance(value, list):
        return [str(one) for one in value]
    return value if isinstance(value, bool) else str(value)

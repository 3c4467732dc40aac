"""What a project says in ``[tool.gradcheck]`` of the nearest ``pyproject.toml``."""

from __future__ import annotations

import functools
import pathlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.accepted.baseline import Baseline, read_baseline
from gradcheck.accepted.ignored import Ignored, SettingsError, ignored_from
from gradcheck.accepted.paths import Path, paths_from
from gradcheck.accepted.severity import SetSeverity, severities_from

SETTINGS = ("ignore", "baseline", "severity", "paths")
"""What holds for all commands; everything else in the table is the name of a command."""


@dataclass(frozen=True)
class Project:
    """What a project says.

    Parameters
    ----------
    file
        The file that says it.
    commands
        The defaults of options, by command.
    ignored
        The findings that it leaves out.
    baseline
        The file with what was found before, if it names one.
    severities
        How much it makes of findings, by their codes.
    paths
        What is compared where a command names nothing.
    """

    file: pathlib.Path
    commands: Mapping[str, Any]
    ignored: tuple[Ignored, ...] = ()
    baseline: pathlib.Path | None = None
    severities: Mapping[str, SetSeverity] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()

    def known(self) -> Baseline | None:
        """Return what was found before; None if the project names no baseline."""
        return None if self.baseline is None else _baseline(self.baseline, _changed(self.baseline))


def project_of(folder: pathlib.Path) -> Project | None:
    """Return what the nearest ``pyproject.toml`` with a table for gradcheck says; None if there is none.

    Raises
    ------
    SettingsError
        It is no TOML, or says something that cannot be used.
    """
    for each in (folder, *folder.parents):
        file = each / "pyproject.toml"
        if file.is_file() and (found := _read(file, _changed(file))) is not None:
            return found
    return None


def _changed(file: pathlib.Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


@functools.lru_cache(maxsize=32)
def _baseline(file: pathlib.Path, changed: int) -> Baseline:
    return read_baseline(file)


@functools.lru_cache(maxsize=32)
def _read(file: pathlib.Path, changed: int) -> Project | None:
    text = file.read_text(encoding="utf-8", errors="replace")
    if "gradcheck" not in text:  # what is wrong in other files is nothing to us
        return None
    try:
        table = tomllib.loads(text).get("tool", {}).get("gradcheck")
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"cannot read {file}: {error}") from error
    return None if table is None else _project(file, table)


def _project(file: pathlib.Path, table: Mapping[str, Any]) -> Project:
    baseline = table.get("baseline")
    if not isinstance(baseline, str | None):
        raise SettingsError(f"{file}: [tool.gradcheck] baseline: expected the name of a file")
    return Project(
        file,
        {name: value for name, value in table.items() if name not in SETTINGS},
        ignored_from(table.get("ignore", []), file),
        None if baseline is None else file.parent / baseline,
        severities_from(table.get("severity", {}), file),
        paths_from(table.get("paths", []), file),
    )

"""The targets of a command: those that it names, or else those of the project."""

from __future__ import annotations

import inspect
import pathlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradcheck.accepted import project_here
from gradcheck.errors import NoCaseError, TargetError
from gradcheck.source import shown_path
from gradcheck.targets.loading import Factory, load


@dataclass(frozen=True)
class Chosen:
    """A target, and whether it may have no case: of the files that a pattern matches, some have none."""

    target: str
    may_have_none: bool = False


def chosen(named: Sequence[str]) -> list[Chosen]:
    """Return what a command names; where that is nothing, what ``paths`` in ``[tool.gradcheck]`` names.

    Raises
    ------
    TargetError
        Neither names anything.
    SettingsError
        What the project says cannot be used.
    """
    if named:
        return [Chosen(target) for target in named]
    project = project_here()
    if project is None or not project.paths:
        raise TargetError(
            "name a TARGET, such as FILE.py, or set `paths` in [tool.gradcheck] of pyproject.toml"
        )
    return [Chosen(target, path.is_pattern) for path in project.paths for target in path.targets()]


def imported_cases(one: Chosen, cases: Sequence[Factory]) -> str:
    """Return a sentence on the cases of a file that it imports from others, beside its own; else "".

    They are compared like its own: a file may gather the cases of several.
    """
    place = one.target.partition(".py")[0] + ".py"
    own = pathlib.Path(place).absolute()
    from_elsewhere = {
        case.name: file
        for case in cases
        if (file := _file_of(case.function)) is not None and file.resolve() != own.resolve()
    }
    if not own.is_file() or not 0 < len(from_elsewhere) < len(cases):
        return ""
    files = " and ".join(dict.fromkeys(shown_path(str(file)) for file in from_elsewhere.values()))
    names = ", ".join(f"`{name}`" for name in from_elsewhere)
    where = f"{names} of {shown_path(str(own))} come from {files}"
    return f"{where}, which it imports; {place}:NAME names one case"


def _file_of(function: Callable[..., object]) -> pathlib.Path | None:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else pathlib.Path(code.co_filename)


def cases_of(one: Chosen) -> list[Factory]:
    """Return the case factories of a target, as `gradcheck.targets.loading.load` does."""
    try:
        return load(one.target)
    except NoCaseError:
        if not one.may_have_none:
            raise
        return []

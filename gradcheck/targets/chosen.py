"""The targets of a command: those that it names, or else those of the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.accepted import project_here
from gradcheck.errors import NoCaseError, TargetError
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


def cases_of(one: Chosen) -> list[Factory]:
    """Return the case factories of a target, as `gradcheck.targets.loading.load` does."""
    try:
        return load(one.target)
    except NoCaseError:
        if not one.may_have_none:
            raise
        return []

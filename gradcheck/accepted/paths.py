"""What is compared where a command names nothing: ``paths`` in ``[tool.gradcheck]``."""

from __future__ import annotations

import glob
import os
import pathlib
from dataclasses import dataclass

from gradcheck.accepted.ignored import SettingsError


@dataclass(frozen=True)
class Path:
    """One entry: a target as on the command line, or a pattern of files.

    Parameters
    ----------
    text
        ``losses/critic.py:value_loss``, ``package.module``, ``losses/*.py``; from the folder of the file.
    file
        The file that says so.
    """

    text: str
    file: pathlib.Path

    @property
    def is_pattern(self) -> bool:
        """Whether it may mean several files, and some of them have no case."""
        return glob.has_magic(self.text)

    def targets(self) -> list[str]:
        """Return the targets as they are called from the working directory.

        Raises
        ------
        SettingsError
            No file matches a pattern.
        """
        folder = self.file.parent
        if self.is_pattern:
            found = [one for one in sorted(folder.glob(self.text)) if one.suffix == ".py"]
            if not found:
                raise SettingsError(
                    f"{self.file}: [tool.gradcheck] paths: no Python file matches {self.text}"
                )
            return [_from_here(one) for one in found]
        if self.text.endswith(".py") or "/" in self.text or ".py:" in self.text:
            return [_from_here(folder / self.text)]
        return [self.text]  # a module


def _from_here(file: pathlib.Path) -> str:
    try:
        return pathlib.Path(os.path.relpath(file)).as_posix()
    except ValueError:  # another drive
        return str(file)


def paths_from(entries: object, file: pathlib.Path) -> tuple[Path, ...]:
    """Return what ``paths`` in a project's file says.

    Raises
    ------
    SettingsError
        It is no list of texts.
    """
    where = f"{file}: [tool.gradcheck] paths"
    if not isinstance(entries, list) or not all(isinstance(one, str) and one for one in entries):
        raise SettingsError(f'{where}: expected a list such as ["losses/*.py"]')
    if any(pathlib.PurePath(one).is_absolute() for one in entries):
        raise SettingsError(f"{where}: expected paths from the folder of this file")
    return tuple(Path(one, file) for one in entries)

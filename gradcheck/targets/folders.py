"""Queries on paths that the user typed, or that may have been deleted in the meantime."""

from __future__ import annotations

import pathlib

from gradcheck.errors import TargetError


def working_folder() -> pathlib.Path:
    """Return the working directory; a `TargetError` where it was deleted."""
    try:
        return pathlib.Path.cwd()
    except FileNotFoundError:
        raise TargetError(
            "the working directory no longer exists: change to one that does (cd), or give the absolute "
            "path of the file"
        ) from None


def is_file(path: pathlib.Path) -> bool:
    """Return whether there is a file; a name too long for the system is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def exists(path: pathlib.Path) -> bool:
    """Return whether there is anything; a name too long for the system is nothing."""
    try:
        return path.exists()
    except OSError:
        return False

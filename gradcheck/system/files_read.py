"""Which files a process reads: for whoever wants to know when to run it again."""

from __future__ import annotations

import os
import pathlib
import sys
import sysconfig
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class FilesRead:
    """The files that Python code opens to read, from now to the end of the process: hooks stay.

    A source that does not compile is among them, and so is data that NumPy reads; what code in C opens by itself,
    as TensorFlow does, is not.
    """

    def __init__(self) -> None:
        self._read: set[str] = set()
        self._written: set[str] = set()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open":
            return
        path, mode, flags = arguments
        if isinstance(path, str):
            (self._written if _is_written(mode, flags) else self._read).add(path)

    def files(self) -> list[str]:
        """Return what was read and not written, and the source of each module, also where Python had it compiled.

        What is installed is left out: the standard library, packages, and gradcheck.
        """
        modules = {getattr(module, "__file__", None) or "" for module in tuple(sys.modules.values())}
        written = {os.path.realpath(path) for path in tuple(self._written)}
        read = {os.path.realpath(path) for path in (*self._read, *modules) if path}
        return sorted(
            path for path in read - written if pathlib.Path(path).is_file() and not _is_installed(path)
        )


def _is_written(mode: Any, flags: Any) -> bool:
    if isinstance(mode, str):
        return not set(mode).isdisjoint("wax+")
    return isinstance(flags, int) and bool(flags & _WRITES)


_LIBRARIES = tuple(
    f"{os.path.realpath(folder)}{os.sep}"
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib")),
        str(pathlib.Path(__file__).parents[1]),
        *("/dev", "/proc", "/sys", "/etc"),
    )
)


def _is_installed(path: str) -> bool:
    parts = pathlib.PurePath(path).parts
    return path.startswith(_LIBRARIES) or path.endswith(".pyc") or "site-packages" in parts

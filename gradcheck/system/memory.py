"""Available memory, to refuse what cannot fit before the system kills the process."""

from __future__ import annotations

import contextlib
import os
import pathlib

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where a container finds its limit, in both versions of Linux's control groups. How much of it is in use says
little: the files that the system keeps in memory count."""


def free_memory() -> int | None:
    """Return how many bytes can be allocated, at most; None where the system does not tell."""
    known = (_of_the_machine(), *map(_of_the_container, _LIMITS))
    return min((free for free in known if free is not None), default=None)


def shortage(needed: int) -> str:
    """Return a message if `needed` bytes are more than is available; "" if they are not, or if it is unknown."""
    free = free_memory()
    if free is None or needed <= free:
        return ""
    return f"{_readable(needed)} of memory are needed, but only {_readable(free)} are free"


def _of_the_machine() -> int | None:
    with contextlib.suppress(OSError, ValueError, StopIteration, IndexError):
        lines = pathlib.Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):  # not on Windows; the names differ
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_the_container(file: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):  # "max", where there is no limit
        return int(pathlib.Path(file).read_text(encoding="ascii"))
    return None


def _readable(size: float) -> str:
    if size >= 10**18:
        return "over a million TB"
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{float(f'{size:.3g}'):,g} TB"

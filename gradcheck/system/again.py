"""A command that runs again, in a process of its own, whenever a file that it read is changed.

The next process is started as soon as one has ended, and loads what takes long while nobody waits for it.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_POLL = 0.1
"""Seconds between two looks at the files."""

_GRACE = 5.0
"""Seconds that a process has to end after Ctrl-C."""

_WHOLE = (0, 1)
"""Exit codes of runs that came to a result: others, and those that said nothing of it, may have ended before."""

Stamp = tuple[int, int] | None
"""When a file was changed, and its size; None where there is none."""


class Shown(Protocol):
    """What is told of what happens."""

    def begins(self, changed: Sequence[str]) -> None:
        """Be told that a run begins, and which files were changed."""

    def waits(self, files: int) -> None:
        """Be told that a run has ended, and how many files are watched."""


def run_again_and_again(command: Sequence[str], files: Iterable[str], shown: Shown) -> int:
    """Run a command until Ctrl-C, and again when a file is changed that it read; return its last exit code.

    A run is ended early when a file is changed in the meantime. Files that it writes are not watched.

    Parameters
    ----------
    command
        The name of a file is added to it. It waits for a line on stdin, runs, and at the end makes that file with
        `write_account`.
    files
        The files that are watched whatever it reads.

    Returns
    -------
    int
        The exit code of the last run that came to its end; 130 where none did.
    """
    watched, code = _Watched(files), 130
    with contextlib.suppress(KeyboardInterrupt), _Processes(command) as processes:
        changed: list[str] = []
        while True:
            shown.begins(changed)
            watched.begin()
            process = processes.take()
            process.begin()
            while (ended := process.ended()) is None and not watched.changed():
                time.sleep(_POLL)
            if ended is None:
                process.end()
            else:
                code, read = ended
                watched.take(read, keep=code not in _WHOLE or not read)
                processes.prepare()
            if not watched.changed():
                shown.waits(len(watched))
            changed = watched.wait()
    return code


class _Watched:
    """Files, and when each was changed, as far as that is known to the last run."""

    def __init__(self, always: Iterable[str]) -> None:
        self._always = tuple(always)
        self._stamps: Mapping[str, Stamp] = {file: _stamp(file) for file in self._always}
        self._began = 0

    def __len__(self) -> int:
        return len(self._stamps)

    def begin(self) -> None:
        """Look at the files as the run that begins now will find them."""
        self._began = time.time_ns()
        self._stamps = {file: _stamp(file) for file in self._stamps}

    def take(self, read: Iterable[str], *, keep: bool) -> None:
        """Watch what a run has read, besides what is watched already if it is to be kept.

        A file that was changed since the run began may have been read before that.
        """
        old = self._stamps if keep else {file: self._stamps[file] for file in self._always}
        new = {file: self._stamps.get(file, _stamp(file)) for file in read}
        late = {
            file: None
            for file, stamp in new.items()
            if file not in self._stamps and _is_late(stamp, self._began)
        }
        self._stamps = {**old, **new, **late}

    def changed(self) -> list[str]:
        """Return the files that are not as the last run found them."""
        return [file for file, stamp in self._stamps.items() if _stamp(file) != stamp]

    def wait(self) -> list[str]:
        """Wait until a file is changed and none is being written any more; return those that were."""
        while not self.changed():
            time.sleep(_POLL)
        changed = self.changed()
        before = None
        while before != (now := [_stamp(file) for file in self._stamps]):
            before = now
            time.sleep(_POLL)
        return changed


def _stamp(file: str) -> Stamp:
    try:
        found = pathlib.Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _is_late(stamp: Stamp, began: int) -> bool:
    return stamp is not None and stamp[0] > began


def write_account(file: pathlib.Path, code: int, read: Iterable[str]) -> None:
    """Write the exit code of a run, and the files that it read, so that nobody sees half of it."""
    draft = file.with_suffix(".draft")
    draft.write_text("\n".join([str(code), *read]), encoding="utf-8")
    draft.replace(file)


@dataclass(frozen=True)
class _Process:
    """One run, which waits until it may begin."""

    popen: subprocess.Popen[bytes]
    account: pathlib.Path

    def begin(self) -> None:
        assert self.popen.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already, which its code shows
            self.popen.stdin.write(b"\n")
            self.popen.stdin.close()

    def ended(self) -> tuple[int, list[str]] | None:
        """Return its exit code and what it read, as soon as it gave an account: it may take seconds to be gone."""
        try:
            code, *read = self.account.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return None if self.popen.poll() is None else (self.popen.returncode, [])
        return int(code), read

    @property
    def _has_begun(self) -> bool:
        return self.popen.stdin is not None and self.popen.stdin.closed

    def end(self) -> None:
        """End it, and what it has started.

        One that runs is told so as by Ctrl-C, so that it leaves the terminal as it was. One that gave its account
        may still do what was asked for at its exit.
        """
        if self._has_begun and hasattr(os, "killpg"):
            if self.ended() is None:
                with contextlib.suppress(OSError):
                    self.popen.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(_GRACE)
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.popen.pid, signal.SIGKILL)
            else:
                self.popen.kill()
        self.popen.wait()
        if self.popen.stdin is not None:
            with contextlib.suppress(OSError):
                self.popen.stdin.close()


class _Processes:
    """The run that goes on, and the next one, which loads what it needs."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._started: list[_Process] = []
        self._next: _Process | None = None
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> _Processes:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._started:
            process.end()
        self._folder.cleanup()

    def prepare(self) -> None:
        """Start the next run, so that it has loaded what it needs when it may begin."""
        self._started = [process for process in self._started if process.popen.poll() is None]
        file = pathlib.Path(self._folder.name) / f"{time.monotonic_ns()}"
        popen = subprocess.Popen(
            [*self._command, str(file)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us, who end it
        )
        self._next = _Process(popen, file)
        self._started.append(self._next)

    def take(self) -> _Process:
        """Return the next run."""
        if self._next is None or self._next.popen.poll() is not None:
            self.prepare()
        process, self._next = self._next, None
        assert process is not None
        return process

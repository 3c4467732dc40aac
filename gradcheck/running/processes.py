"""Modes in processes of their own: a crash or a hang of one is a row, and nothing of them is left behind."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from gradcheck.running.registry import LIMIT
from gradcheck.running.result import Row

OnBegin = Callable[[str, str], None]
"""Called with the names of a case and of a mode when that begins; with the target and "" when one is loaded."""


@dataclass(frozen=True)
class Job:
    """What a process is to do.

    Parameters
    ----------
    place
        Of the modes, see `gradcheck.running.registry.Place`.
    modes
        Their names.
    limit
        How many seconds a mode may take before the process is taken to hang.
    workers
        How many processes do it together, for ``workers``.
    """

    target: str
    place: str
    modes: Sequence[str]
    seed: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    side: str = "candidate"
    limit: float = LIMIT
    workers: int = 1


@dataclass
class Outcome:
    """What came of a job: rows by case, what is said of each, why a case could not be run, and what ran it."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    environment: Mapping[str, Any] = field(default_factory=dict)


def done(job: Job, begins: OnBegin) -> Outcome:
    """Do a job in a process of its own; where that ends in the midst of a mode, go on with the others in another.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C was pressed. The processes have ended.
    """
    outcome = Outcome()
    while True:
        at = _Attempt(job, outcome, begins)
        ended = at.run()
        if ended is None:
            return outcome
        if at.case is None:
            outcome.reason = outcome.reason or ended
            return outcome
        if at.mode is None:
            outcome.failed[at.case] = ended
            continue
        row = Row(mode=at.mode, verdict="not_run", note=ended, failed=True)
        outcome.rows.setdefault(at.case, []).append(row)


class _Attempt:
    """One process, or several that work together, from the start to the end of it."""

    def __init__(self, job: Job, outcome: Outcome, begins: OnBegin) -> None:
        self._job, self._outcome, self._begins = job, outcome, begins
        self.case: str | None = None
        self.mode: str | None = None

    def run(self) -> str | None:
        """Return None where all was done, or else in words how it ended."""
        self._begins(self._job.target, "")
        with (
            tempfile.TemporaryFile() as errors,
            _started(self._job, errors, self._description()) as processes,
        ):
            events: queue.Queue[str | None] = queue.Queue()
            threading.Thread(target=_read, args=(processes[0], events), daemon=True).start()
            while True:
                try:
                    # Until a mode runs, TensorFlow and the user's file are loaded, which is not its fault.
                    line = events.get(
                        timeout=self._job.limit if self.mode else max(self._job.limit, _LOADING)
                    )
                except queue.Empty:
                    return f"it did not end within {self._job.limit:g} seconds"
                if line is None:
                    return _how_it_ended(processes[0].wait(), errors)
                if self._take(json.loads(line)):
                    return None

    def _description(self) -> str:
        rows = {case: [row.mode for row in rows] for case, rows in self._outcome.rows.items()}
        job = self._job
        return json.dumps(
            {
                "target": job.target,
                "place": job.place,
                "modes": list(job.modes),
                "seed": job.seed,
                "settings": dict(job.settings),
                "side": job.side,
                "done": rows,
                "failed": list(self._outcome.failed),
            }
        )

    def _take(self, event: Mapping[str, Any]) -> bool:
        """Take what a process tells; return whether it is done."""
        outcome, case = self._outcome, event.get("case")
        if "done" in event:
            return True
        if "environment" in event:
            outcome.environment = event["environment"]
            return False
        if case is None:
            outcome.reason = event["failed"]
        elif "failed" in event:
            outcome.failed[case] = event["failed"]
        elif "about" in event:
            outcome.about[case] = event["about"]
            outcome.rows.setdefault(case, [])
        elif "begins" in event:
            self.case, self.mode = case, event["begins"] or None
            self._begins(case, event["begins"])
        else:
            outcome.rows[case].append(Row(**event["row"]))
        return False


_LOADING = 600.0
"""How many seconds a process may take until it runs a mode."""

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from gradcheck.running.worker import main; main()"
)


@contextlib.contextmanager
def _started(job: Job, errors: IO[bytes], description: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the processes of a job; end them, and what they have started, on leaving."""
    processes: list[subprocess.Popen[str]] = []
    try:
        for environment in _environments(job):
            process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for us, who end it with all that it has started
            )
            processes.append(process)
            _describe(process, description)
        yield processes
    finally:
        for process in processes:
            _end(process)


def _describe(process: subprocess.Popen[str], description: str) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # it ended at once, which is seen where it is read from
        process.stdin.write(description + "\n")
        process.stdin.flush()


def _environments(job: Job) -> Iterator[dict[str, str]]:
    plain = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3")}
    if job.place != "workers":
        yield plain
        return
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(job.workers)]
    for number in range(job.workers):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}}
        yield {**plain, "TF_CONFIG": json.dumps(task), "CUDA_VISIBLE_DEVICES": ""}


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _read(process: subprocess.Popen[str], events: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        events.put(line)
    events.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _how_it_ended(code: int, errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = [line.strip() for line in errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
    how = f"was ended by {_signal(-code)}" if code < 0 else f"ended with exit code {code}"
    said = f": {lines[-1][:200]}" if lines else ""
    return f"its process {how}{said}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

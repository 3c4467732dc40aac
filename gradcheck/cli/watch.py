"""``--watch``: the command runs again when a file that it read is changed."""

from __future__ import annotations

import json
import os
import pathlib
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer

from gradcheck.cli.terminal import captured_stderr
from gradcheck.errors import GradcheckError
from gradcheck.system.streams import tell, write

WatchOption = Annotated[
    bool, typer.Option("--watch", help="Run again whenever a file that was read changes, until Ctrl-C.")
]

_RUN = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from gradcheck.cli.watch import run_once; run_once()"
)

_is_one_run = False


def watch_if_wanted(wanted: bool, targets: Iterable[str], write_baseline: bool) -> None:
    """Run the command line of this process again and again, then exit; do nothing in one of these runs.

    Raises
    ------
    GradcheckError
        A baseline is to be written, too: it would take up what is about to be repaired.
    typer.Exit
        After Ctrl-C, with the last exit code.
    """
    if not wanted or _is_one_run:
        return
    if write_baseline:
        raise GradcheckError("--watch and --write-baseline cannot be combined")
    from gradcheck.system.again import run_again_and_again

    command = [sys.executable, "-c", _RUN, json.dumps(sys.path), json.dumps(sys.argv[1:])]
    raise typer.Exit(run_again_and_again(command, map(_file, targets), _Shown()))


def _file(target: str) -> str:
    file, separator, _ = target.partition(".py:")
    return os.path.realpath(f"{file}.py" if separator else target)


class _Shown:
    def begins(self, changed: Sequence[str]) -> None:
        if sys.stdout.isatty():
            write(sys.stdout, "\x1b[2J\x1b[3J\x1b[H")
        if changed:
            names = ", ".join(pathlib.PurePath(file).name for file in changed[:3])
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            tell(f"gradcheck: changed: {names}{more}\n")

    def waits(self, files: int) -> None:
        tell(f"gradcheck: watching {files} file{'' if files == 1 else 's'}; Ctrl-C ends\n")


def run_once() -> None:
    """Load TensorFlow, wait for a line on stdin, run the command line, and say which files it read."""
    from gradcheck import execution
    from gradcheck.cli.app import main
    from gradcheck.system.again import write_account
    from gradcheck.system.files_read import FilesRead

    global _is_one_run  # noqa: PLW0603 - a process is one or the other
    _is_one_run = True
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    arguments, account = json.loads(sys.argv[2]), pathlib.Path(sys.argv[3])
    try:
        with captured_stderr():
            execution.start()
        if not sys.stdin.readline():
            sys.exit(130)  # the parent has ended
    except KeyboardInterrupt:
        sys.exit(130)
    read, code = FilesRead(), 2
    sys.argv = ["gradcheck", *arguments]
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise
    finally:
        write_account(account, code, read.files())

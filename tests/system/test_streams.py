"""Streams that are closed, full or gone, and narrow terminals: the exit code says how it ended all the same."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import subprocess
import sys

import pytest

from gradcheck.system import streams
from support.project import ROOT

POSIX = pytest.mark.skipif(os.name != "posix", reason="closes streams as a POSIX shell does")
FULL = pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs a full device")


def shell(command: str, cwd: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which `gradcheck` is this one."""
    program = "from gradcheck.cli import main; main()"
    start = f'gradcheck() {{ "{sys.executable}" -P -c "{program}" "$@"; }}\n'
    return subprocess.run(
        ["sh", "-c", start + command],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def ends_of(commands: str, cwd: pathlib.Path) -> list[int]:
    """Run each of the commands, a line each, in one shell; return how each ended."""
    done = shell("".join(f"{line.strip()}\necho $? >> ends\n" for line in commands.strip().splitlines()), cwd)
    assert "Traceback" not in done.stderr
    assert "lost sys.stderr" not in done.stderr
    return [int(end) for end in (cwd / "ends").read_text().split()]


@POSIX
@FULL
def test_a_stdout_that_takes_nothing_is_one_message_and_2(tmp_path):
    for command in ("--help", "--version", "explain broadcast", "new full.py"):
        done = shell(f"gradcheck {command} > /dev/full", tmp_path)
        assert (done.returncode, done.stderr) == (
            2,
            "error: cannot write to stdout: No space left on device\n",
        )
        (tmp_path / "full.py").unlink(missing_ok=True)
    for command in ("diff x.py", "shapes x.py", "fuzz x.py", "new closed.py"):
        done = shell(f"gradcheck {command} >&-", tmp_path)
        said = "error: cannot write to stdout: it is closed; redirect it, for example to a file\n"
        assert (done.returncode, done.stderr) == (2, said)
    assert list(tmp_path.iterdir()) == []


@POSIX
@FULL
def test_a_stderr_that_takes_nothing_changes_no_exit_code(tmp_path):
    commands = """
        gradcheck explain nonsense 2> /dev/full
        gradcheck explain nonsense 2>&-
        gradcheck --nonsense 2> /dev/full
        gradcheck explain > /dev/full 2> /dev/full
        gradcheck explain >&- 2>&-
        gradcheck explain broadcast 2> /dev/full
        gradcheck explain broadcast 2>&-
    """
    assert ends_of(commands, tmp_path) == [2, 2, 2, 2, 2, 0, 0]


@POSIX
@FULL
def test_a_script_that_takes_its_stderr_away_keeps_its_exit_code(tmp_path):
    scripts = {
        "closes": ("import sys; sys.stderr.close(); sys.exit(3)", 3),
        "closes2": ("import os, sys; os.close(2); sys.exit(3)", 3),
        "none": ("import sys; sys.stderr = None", 0),
        "raises": ("import sys; sys.stderr.close(); 1 / 0", 1),
        "text": ("import sys; sys.stderr.close(); sys.exit('text')", 1),
        "mute": ("class Mute:\n    def __str__(self): 1 / 0\nraise SystemExit(Mute())", 1),
        "stops": ("import asyncio; raise asyncio.CancelledError", 1),
        "out": ("import sys; sys.stdout.close()", 0),
        "prints": ("print('text')", 0),
    }
    for name, (source, _) in scripts.items():
        (tmp_path / f"{name}.py").write_text(source)
    commands = [f"gradcheck run {name}.py 2> said" for name in scripts]
    commands += [f"gradcheck run prints.py {to}" for to in ("2> /dev/full", "2>&-", ">&- 2> said")]
    commands += [f"gradcheck run stops.py {to}" for to in ("2> /dev/full", "2>&-")]
    codes = [code for _, code in scripts.values()]
    assert ends_of("\n".join(commands), tmp_path) == [*codes, 0, 0, 0, 1, 1]


@POSIX
@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_comparison_without_stderr_has_its_report(tmp_path, target):
    path = target("""
        import os, sys
        import gradcheck, numpy as np, tensorflow as tf
        print("on stdout", flush=True), print("on stderr", file=sys.stderr, flush=True), os.write(1, b"directly")
        w = tf.Variable(1.0)

        def loss(x):
            return tf.reduce_sum(w * x)

        @gradcheck.case
        def case():
            return gradcheck.Case(reference=loss, candidate=loss, batch={"x": np.ones(3, "f")}, variables=[w])
    """)
    done = shell(f"gradcheck diff {path} 2>&-", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("case  EQUIVALENT")
    assert "directly" not in done.stdout


# What the functions do.


class Refusing(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    flush = close = lambda self: self.write("")


def test_what_cannot_be_written_is_an_error_but_on_stderr(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed, Refusing()):
        with pytest.raises(OSError, match=r"Bad file|No space"):
            streams.write(stream, "text")
        monkeypatch.setattr(sys, "stderr", stream)
        streams.tell("text")
        streams.finish(stream)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    streams.tell("text")
    assert sys.stderr.getvalue() == "text"


def test_what_user_code_prints_raises_nothing_and_closes_nothing():
    with_text = io.StringIO()
    for stream in (with_text, Refusing()):
        forgiving = streams.Forgiving(stream)
        print("printed", file=forgiving, flush=True)
        forgiving.writelines(["a", "b"])
        forgiving.close()
    assert with_text.getvalue() == "printed\nab"
    assert streams.Forgiving(sys.stdout).encoding == sys.stdout.encoding


# Narrow terminals.

WIDE = """
    import tensorflow as tf

    def looped(x, y):
        for _ in range(3):
            x = tf.matmul(x, y) + 1000 * y
        return tf.reduce_mean(x * x[:, None])
"""


@pytest.mark.parametrize("depth", [0, 2])
def test_shapes_are_shown_whatever_the_width(cli, target, monkeypatch, depth):
    path = target(WIDE)
    inputs = ["--input", "x=float32[2,2]", "--input", "y=float32[2,2]", "--depth", depth]
    for columns in (*range(1, 40, 3), 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        outcome = cli("shapes", f"{path}:looped", *inputs)
        assert (outcome.code, outcome.err) == (0, "")
        assert max(map(len, outcome.out.splitlines())) <= max(columns, 1)
    assert "x * x[:, None]" in outcome.out

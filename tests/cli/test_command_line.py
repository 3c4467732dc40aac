"""The command line: what goes where, and how it ends.

Most runs are within this process. Those that test a process's own streams, signals and terminal start one.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.console import Console

from gradcheck.cli.diff import Format
from gradcheck.cli.modes import ModesFormat
from gradcheck.cli.run import RunFormat
from gradcheck.cli.terminal import _Above, captured_stderr, stdout_kept_for_the_report
from gradcheck.errors import GradcheckError
from gradcheck.report.documents import OF_A_RUN, OF_CASES, OF_MODES
from gradcheck.report.table import to_text
from gradcheck.system.streams import write
from support.manifest import LONG
from support.project import ROOT
from support.reports import a_report
from support.target_sources import MAKE

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and pseudo-terminals are POSIX's")
OPTIONS = ["-P", "-c", "from gradcheck.cli import main; main()", "diff"]
COMMAND = [sys.executable, *OPTIONS]
CHATTY = {**os.environ, "COLUMNS": "80"}
# What TensorFlow says at start-up without this setting is what has to be kept from the user.
CHATTY.pop("TF_CPP_MIN_LOG_LEVEL", None)
CHATTY.pop("PYTHONUNBUFFERED", None)  # it unbuffers C's stdout as well

EQUIVALENT = """
    @gradcheck.case
    def equivalent(samples: int = 3):
        return make(samples=samples)
"""
DIFFERENT = """
    @gradcheck.case
    def different():
        return make(candidate=lambda x: 2 * loss(x))
"""
VACUOUS = """
    @gradcheck.case
    def vacuous():
        return make(lambda x: tf.reduce_mean(x), lambda x: tf.reduce_mean(x))
"""
FAILING = """
    @gradcheck.case
    def failing():
        return make(candidate=lambda x: None)
"""


@pytest.mark.parametrize(
    ("cases", "code"),
    [
        (EQUIVALENT, 0),
        (DIFFERENT, 1),
        (VACUOUS, 1),
        (FAILING, 2),
        (EQUIVALENT + DIFFERENT, 1),
        (EQUIVALENT + VACUOUS, 1),
        (DIFFERENT + FAILING + EQUIVALENT, 2),
    ],
)
def test_the_exit_code_tells_a_difference_from_a_failure(cli, target, cases, code):
    assert cli("diff", target(MAKE + cases)).code == code


def test_a_setting_and_the_seed_reach_the_factory(cli, target):
    path = target(
        MAKE
        + """
    @gradcheck.case
    def case(seed: int = 0, name: str = ""):
        return make(name=f"{seed}/{name}")
    """
    )
    assert "7/a=b  EQUIVALENT" in cli("diff", path, "--seed", "7", "--set", "name=a=b").out
    assert "0/  EQUIVALENT" in cli("diff", path).out


def test_every_format_can_be_written_to_a_file(cli, target, tmp_path):
    path, file = target(MAKE + DIFFERENT), tmp_path / "report"
    for form in Format:
        printed = cli("diff", path, "--format", form, "--budget", "0")
        file.write_text("what was there before, and longer than any report" * 1000)
        written = cli("diff", path, "--format", form, "--budget", "0", "--output", file)
        assert (written.code, written.out, written.err) == (1, "", "")
        assert file.read_text(encoding="utf-8") == printed.out != ""


@pytest.mark.parametrize(
    ("formats", "documents"), [(Format, OF_CASES), (ModesFormat, OF_MODES), (RunFormat, OF_A_RUN)]
)
def test_every_format_but_the_table_is_a_document(formats, documents):
    assert {*formats} == {"table", *documents}


def test_a_file_is_not_emptied_by_a_run_that_fails(cli, target, tmp_path):
    file = tmp_path / "report"
    file.write_text("kept")
    assert cli("diff", target("x = ("), "--output", file).code == 2
    assert file.read_text() == "kept"


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs a full device")
def test_what_cannot_be_written_is_said(cli, target):
    outcome = cli("diff", target(MAKE + EQUIVALENT), "--output", "/dev/full")
    assert (outcome.code, outcome.err) == (2, "error: cannot write /dev/full: No space left on device\n")


def test_a_folder_without_permission(cli, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may write anywhere
    outcome = cli("diff", "target.py", "--output", tmp_path / "report")
    assert (outcome.code, outcome.out) == (2, "")
    assert "permission denied" in outcome.err


def test_json_is_all_there_is_on_stdout(cli, target):
    outcome = cli("diff", target(MAKE + "    print('hello')\n" + DIFFERENT), "--format", "json")
    assert json.loads(outcome.out)["cases"][0]["verdict"] == "different"
    assert outcome.err == "hello\n"


def test_ctrl_c_within_a_loss(cli, target, unchanged):
    path = target(
        MAKE
        + """
    def interrupted(x):
        raise KeyboardInterrupt

    @gradcheck.case
    def case():
        return make(candidate=interrupted)
    """
    )
    with unchanged():
        outcome = cli("diff", path)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "error: interrupted\n")


# Colour and width.


@pytest.fixture
def plain_terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")


def test_colour_follows_the_environment(cli, target, plain_terminal, monkeypatch):
    path = target(MAKE + DIFFERENT)
    assert "\x1b" not in cli("diff", path).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert COLOUR.search(cli("diff", path).out)
    assert COLOUR.search(cli("diff", "missing.py").err)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(cli("diff", path).out)
    assert "\x1b" not in cli("diff", path, "--format", "json").out


def test_width_follows_the_environment(cli, target, plain_terminal, monkeypatch):
    path = target(MAKE + DIFFERENT, "a_rather_long_name_for_a_file/" * 3 + "t.py")

    def widest(columns: int) -> int:
        monkeypatch.setenv("COLUMNS", str(columns))
        return max(map(len, cli("diff", path).out.splitlines()))

    assert widest(70) <= 70
    assert 100 < widest(300) <= 300


# What a user's names say is never taken for markup.

MARKUP = ["dense[kernel]", "[/red]", "[bold]", "[link=x]", r"\[bold]", ":smile:"]


def test_markup_in_names_and_paths_is_shown_as_it_is(cli, target, plain_terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    names = {name: f"tf.Variable([1.0, 2.0], name='v{number}')" for number, name in enumerate(MARKUP)}
    variables = ", ".join(f"{name!r}: {made}" for name, made in names.items())
    path = target(
        MAKE
        + f"""
    v = {{{variables}}}
    scaled = lambda factor: lambda x: factor * sum(tf.reduce_mean(x * w) for w in v.values())

    @gradcheck.case
    def case():
        return make(scaled(1.0), scaled(2.0), variables=v, name="[/red]")

    @gradcheck.case
    def failing():
        raise KeyError("[/red]")
    """,
        "[bold]/[red]x[/red].py",
    )
    outcome = cli("diff", path)
    assert outcome.code == 2
    for shown in [*MARKUP, "[/red]  DIFFERENT", "[bold]/[red]x[/red].py:"]:
        assert shown in outcome.out
    assert "KeyError: '[/red]'" in outcome.err
    document = json.loads(cli("diff", path, "--format", "json").out)
    assert [variable["path"] for variable in document["cases"][0]["variables"]] == MARKUP
    annotations = cli("diff", path, "--format", "github").out
    assert "/[bold]/[red]x[/red].py,line=" in annotations
    assert "title=gradcheck%3A [/red] is different::" in annotations
    missing = cli("diff", "[/red].py")
    assert missing.err.startswith("error: [/red].py does not exist")


@given(st.lists(st.sampled_from(["[", "]", "/", "\\", "red", "bold", "x", " ", "=", ":", "@"]), min_size=1))
def test_any_name_is_shown_as_it_is(parts):
    name = f"<{''.join(parts)}>"
    shown = to_text(a_report(name=name, path=name, reason=name), width=400)
    assert shown.count(name) == 3


def test_markup_would_have_been_noticed():
    console = Console(file=io.StringIO(), width=400)
    console.print("<dense[red]kernel>")
    assert "<dense[red]kernel>" not in console.file.getvalue()


# The process's own streams.


def c_printf(text: str) -> None:
    ctypes.CDLL(None).printf(text.encode())


def print_everywhere() -> None:
    print("print")
    os.write(1, b"write\n")
    c_printf("printf\n")


@POSIX
def test_stdout_is_kept_from_everything_that_prints(capfd):
    with stdout_kept_for_the_report():
        print_everywhere()
    print("report", flush=True)
    out, err = capfd.readouterr()
    assert out == "report\n"
    assert sorted(err.split()) == ["print", "printf", "write"]


@POSIX
def test_without_that_everything_that_prints_is_on_stdout(capfd):
    print_everywhere()
    sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
    out, err = capfd.readouterr()
    assert sorted(out.split()) == ["print", "printf", "write"]
    assert err == ""


@pytest.mark.parametrize(
    ("error", "shown"),
    [(None, ""), (GradcheckError("clear"), ""), (KeyboardInterrupt(), ""), (RuntimeError(), "chatter\n")],
)
def test_start_up_lines_are_shown_only_when_something_unforeseen_happens(capfd, error, shown):
    with contextlib.suppress(GradcheckError, KeyboardInterrupt, RuntimeError), captured_stderr():
        os.write(2, b"chatter\n")
        if error:
            raise error
    sys.stderr.write("after\n")
    assert capfd.readouterr() == ("", shown + "after\n")


@POSIX
def test_a_reader_that_has_gone_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        write(stream, "report")
        write(stream, "and more")


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_device_is_an_error():
    with pathlib.Path("/dev/full").open("w") as stream, pytest.raises(OSError, match="No space left"):
        write(stream, "report")


def test_what_is_printed_appears_above_the_live_line_in_whole_lines():
    shown, direct = io.StringIO(), io.StringIO()
    above = _Above(Console(file=shown, width=20), direct)
    above.write("[/red] a long line that is not wrapped\nbegun ")
    above.flush()
    assert shown.getvalue() == "[/red] a long line that is not wrapped\n"
    above.write("and ended\n\rtick\rtock")
    above.finish()
    assert shown.getvalue().splitlines()[1:] == ["begun and ended", "tock"]
    above.write("[late]")
    assert direct.getvalue() == "[late]"


def run(path: pathlib.Path, *options: str, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, str(path), *options],
        capture_output=True,
        text=True,
        check=False,
        **{"env": CHATTY, **settings},
    )


@pytest.mark.skipif(not LONG, reason="it says how much the tests below prove; GRADCHECK_LONG=1 runs it")
def test_tensorflow_has_something_to_say_at_start_up():
    loading = [sys.executable, "-c", "import tensorflow as tf; tf.constant(0.0) + 1"]
    if not subprocess.run(loading, capture_output=True, check=True, env=CHATTY).stderr:
        pytest.skip(
            "this build of TensorFlow starts in silence: the tests of what is kept quiet prove nothing"
        )


NOISY = """
    import atexit, ctypes, os

    def chatty(x):
        print("in the loss")
        tf.print("by TensorFlow", output_stream=sys.stdout)
        tf.print("on C++'s stdout", output_stream="file:///dev/stdout")
        return loss(x)

    print("at import")
    atexit.register(print, "at exit")
    os.write(1, b"to the descriptor\\n")
    ctypes.CDLL(None).printf(b"by C, buffered\\n")

    @gradcheck.case
    def noisy():
        return make(candidate=chatty)
"""


@POSIX
def test_a_noisy_target_leaves_stdout_to_the_report(target):
    done = run(target(MAKE + NOISY), "--format", "json")
    assert json.loads(done.stdout)["cases"][0]["name"] == "noisy"
    assert done.returncode == 0
    for said in ("in the loss", "by TensorFlow", "C++", "at import", "at exit", "descriptor", "buffered"):
        assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 9


@POSIX
def test_a_report_that_nobody_reads_ends_in_its_verdict_and_silence(target, python_with_tensorflow):
    command = [python_with_tensorflow, *OPTIONS, str(target(MAKE + DIFFERENT))]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CHATTY)
    running.stdout.close()
    assert running.stderr.read() == b""
    running.stderr.close()
    assert running.wait() == 1


def test_keras_on_another_backend(target):
    done = run(target(MAKE + EQUIVALENT), env={**CHATTY, "KERAS_BACKEND": "jax"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert "set KERAS_BACKEND=tensorflow" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_fault_of_our_own_is_no_verdict():
    code = "from gradcheck import cli; cli.diff.check_output = None; cli.main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, "diff", "x.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert re.match(
        r"error: this is a bug in gradcheck: TypeError at gradcheck/cli/diff\.py:\d+; "
        r"please report it with the lines below and the input\n\nTraceback",
        done.stderr,
    )
    assert done.stderr.endswith("TypeError: 'NoneType' object is not callable\n")


# Ctrl-C and the progress line.

ENDLESS = """
    def endless(x):
        print("[/red] started", file=sys.stderr, flush=True)
        end = time.monotonic() + 120
        while time.monotonic() < end:
            tf.sin(x)
        return loss(x)

    @gradcheck.case
    def case():
        return make(candidate=endless)
"""


@POSIX
def test_ctrl_c_in_a_process_without_terminal(target, python_with_tensorflow):
    running = subprocess.Popen(
        [python_with_tensorflow, *OPTIONS, str(target(MAKE + ENDLESS))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=CHATTY,
        text=True,
    )
    assert running.stderr.readline() == "[/red] started\n"
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, "", "error: interrupted\n")


class Screen:
    """As much of a terminal as a progress line needs: what is visible, now and at any time before."""

    def __init__(self) -> None:
        self.lines = [""]
        self.cursor_shown = True
        self.seen: set[str] = set()
        self._row = self._column = 0

    def feed(self, text: str) -> None:
        for control, character in re.findall(r"\x1b\[([?0-9;]*[A-Za-z])|(.)", text, flags=re.DOTALL):
            self._control(control) if control else self._character(character)

    def _control(self, control: str) -> None:
        if control == "2K":
            self.lines[self._row] = ""
        elif control.endswith("A"):
            self._row = max(self._row - int(control[:-1] or 1), 0)
        elif control in ("?25l", "?25h"):
            self.cursor_shown = control == "?25h"

    def _character(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row += 1
            self.lines += [""] * (self._row + 1 - len(self.lines))
        else:
            line = self.lines[self._row].ljust(self._column)
            self.lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
            self._column += 1
        self.seen.add(self.lines[self._row].strip())

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip("\n")


def test_the_screen_shows_what_is_not_cleared():
    screen = Screen()
    screen.feed("\x1b[?25lone\r\n\x1b[1mtwo\x1b[0m")
    assert (screen.text, screen.cursor_shown) == ("one\ntwo", False)
    screen.feed("\r\x1b[2K\x1b[1A\x1b[2K\x1b[?25h")
    assert (screen.text, screen.cursor_shown) == ("", True)
    assert {"one", "two"} <= screen.seen


IN_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(2, termios.TIOCSCTTY, 0)
from gradcheck.cli import main
main()
"""


def on_a_terminal(
    path: pathlib.Path, ctrl_c_after: str | None = None, python: str = sys.executable
) -> tuple[int, str, Screen]:
    """Run with stdin and stderr on a terminal; return exit code, stdout and what the terminal shows."""
    master, slave = os.openpty()
    running = subprocess.Popen(
        [python, "-P", "-c", IN_TERMINAL, "diff", str(path), "--format", "json"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        env={**CHATTY, "TERM": "xterm"},
        text=True,
    )
    os.close(slave)
    screen = Screen()
    with contextlib.suppress(OSError):  # reading ends in an error when the other side has closed
        while read := os.read(master, 65536):
            screen.feed(read.decode(errors="replace"))
            if ctrl_c_after is not None and any(re.search(ctrl_c_after, line) for line in screen.seen):
                os.write(master, b"\x03")
                ctrl_c_after = None
    os.close(master)
    out, _ = running.communicate(timeout=60)
    return running.returncode, out, screen


@POSIX
def test_progress_appears_on_a_terminal_and_is_cleared(target):
    code, out, screen = on_a_terminal(target(MAKE + "    print('[/red] hello')\n" + EQUIVALENT))
    assert (code, len(json.loads(out)["cases"])) == (0, 1)
    assert any("loading TensorFlow" in line for line in screen.seen)
    assert screen.text == "[/red] hello"
    assert screen.cursor_shown


@POSIX
def test_ctrl_c_on_a_terminal_gives_it_back_as_it_was(target, python_with_tensorflow):
    running = r"case: candidate +[\d,]+"
    code, out, screen = on_a_terminal(target(MAKE + ENDLESS), running, python_with_tensorflow)
    assert (code, out) == (130, "")
    assert [line.replace("^C", "") for line in screen.text.split("\n")] == [
        "[/red] started",
        "error: interrupted",
    ]
    assert screen.cursor_shown


def test_the_example_of_the_readme(cli, monkeypatch):
    monkeypatch.chdir(ROOT)
    outcome = cli("diff", "examples/bandit.py:actor", "--set", "samples=20")
    assert outcome.code == 1
    assert "examples/bandit.py:66" in outcome.out
    assert "advantages * tf.math.log(action_probs)" in outcome.out
    for shape in ("(20, 1)", "(20,)", "(20, 20)"):
        assert shape in outcome.out
    assert [line for line in outcome.out.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("gradcheck di", ["diff"]),
        ("gradcheck diff --for", ["--format"]),
        ("gradcheck explain br", ["broadcast"]),
    ],
)
def test_a_shell_completes_commands_options_and_causes(typed, completed):
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")), "_GRADCHECK_COMPLETE": "complete_bash"}
    command = [sys.executable, "-P", "-c", "from gradcheck.cli import app; app(prog_name='gradcheck')"]
    done = subprocess.run(command, env=os.environ | asked, capture_output=True, text=True, check=False)
    assert done.stdout.split() == completed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("diff", "--seed", "x", "y"),
            "error: Invalid value for '--seed': 'x': expected a whole number, 0 to ",
        ),
        (("dif",), "error: No such command 'dif'."),
        (("--nope",), "error: No such option"),
        (("modes",), "error: Missing argument"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_said_as_every_other_error(cli, arguments, said):
    outcome = cli(*arguments)
    assert outcome.code == 2
    usage, *_, last = outcome.err.strip().split("\n")
    assert usage.startswith("Usage: gradcheck ") and last.startswith(said)

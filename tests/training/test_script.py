"""`gradcheck run`: somebody's script, as Python would run it."""

import os
import re
import subprocess
import sys

import pytest
import tensorflow as tf

import gradcheck
from support.manifest import LONG
from support.project import ROOT

WRONG = "tf.ones((3, 1)) * tf.ones(3)"


@pytest.fixture
def outcome(cli, target):
    def run(source, *arguments):
        path = target(source)
        kept = sys.argv, list(sys.path), sys.modules["__main__"]
        ended = cli("run", path, *arguments)
        assert (sys.argv, sys.path, sys.modules["__main__"]) == kept
        assert not any(type(finder).__module__.startswith("gradcheck") for finder in sys.meta_path)
        return ended

    return run


def test_what_is_found_is_said_at_the_end_on_stderr(outcome):
    ended = outcome(f"import tensorflow as tf\nfor _ in range(2):\n    {WRONG}\nprint('trained')")
    assert (ended.code, ended.out) == (1, "trained\n")
    assert "suspect[broadcast]: both operands are broadcast: (3, 1) and (3,) give (3, 3)\n -->" in ended.err
    assert ended.err.endswith("gradcheck: 1 finding\n")


LINE = re.compile(
    r"^gradcheck: \S*target\.py:(\d+):\d+: suspect\[broadcast\]: both operands are broadcast: .*\n", re.M
)


def test_each_finding_is_said_in_a_line_when_it_is_first_seen(outcome):
    ended = outcome(
        f"""
        import contextlib, io, sys
        import tensorflow as tf
        def step():
            print("step", file=sys.stderr)
            with contextlib.redirect_stderr(io.StringIO()) as its_own:
                {WRONG}
            assert its_own.getvalue() == ""
        step(), step()
        tf.function(lambda column, row: column * row)(tf.ones((3, 1)), tf.ones(3))
        print("trained", file=sys.stderr)
        """
    )
    first, second, third, last = re.split(r"^(?:step|trained)\n", ended.err, flags=re.M)[0:4]
    assert (first, LINE.sub(r"line \1;", second), LINE.sub(r"line \1;", third)) == ("", "line 7;", "line 10;")
    assert (last.count("suspect[broadcast]"), LINE.findall(last)) == (2, [])
    assert ended.err.endswith("gradcheck: 2 findings\n")


CLEAN = " and 0 gradients; for other causes, try gradcheck run --check or gradcheck diff\n"
UNWATCHED = "gradcheck: nothing was watched: no TensorFlow op was seen in the script's main thread"


def test_that_nothing_was_found_is_said_with_what_was_watched(outcome):
    ended = outcome("import tensorflow as tf\nprint(tf.sin(tf.constant([1.0, 2.0])).shape)")
    assert (ended.code, ended.out, ended.err) == (0, "(2,)\n", "gradcheck: nothing found in 1 op" + CLEAN)


def test_a_function_that_is_traced_was_watched(outcome):
    source = (
        "import tensorflow as tf\ntf.function(lambda x: x * x + x).get_concrete_function(tf.TensorSpec([3]))"
    )
    assert re.fullmatch(r"gradcheck: nothing found in [2-9] ops" + CLEAN, outcome(source).err)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nnp.ones((3, 1)) * np.ones(3)",
        f"import threading, tensorflow as tf\nt = threading.Thread(target=lambda: {WRONG})\nt.start()\nt.join()",
    ],
)
def test_a_script_of_which_nothing_was_watched_is_told_so(outcome, source):
    ended = outcome(source)
    assert (ended.code, ended.err) == (0, UNWATCHED + "\n")


def test_a_guard_says_nothing_where_nothing_is_found(outcome, capfd):
    with gradcheck.guard() as guard:
        tf.sin(tf.constant([1.0, 2.0]))
    assert (guard.ops_seen, *capfd.readouterr()) == (1, "", "")


@pytest.mark.parametrize(
    "end, code", [("0", 0), ("3", 3), ("None", 0), ("'no data'", 1), ("-1", 255), ("256", 0), ("True", 1)]
)
def test_the_exit_code_is_the_scripts(outcome, end, code):
    ended = outcome(f"import sys\nsys.exit({end})")
    said = "no data\n" if "data" in end else ""
    until = f"; it ended with exit code {code}" if code else ""
    assert (ended.code, ended.err) == (code, f"{said}{UNWATCHED}{until}\n")


def test_the_exit_code_is_the_scripts_also_where_something_was_found(outcome):
    ended = outcome(f"import tensorflow as tf\n{WRONG}\nraise SystemExit(7)")
    assert ended.code == 7
    assert "gradcheck: 1 finding" in ended.err


def test_an_exception_is_shown_as_python_shows_it(outcome):
    ended = outcome("def train():\n    1 / 0\ntrain()")
    assert ended.code == 1
    *lines, last = ended.err.splitlines()
    assert (lines[0], lines[-1]) == (
        "Traceback (most recent call last):",
        "ZeroDivisionError: division by zero",
    )
    assert last == f"{UNWATCHED}; it ended early (ZeroDivisionError)"
    assert "gradcheck/" not in ended.err


ENDINGS = {
    "1 / 0": (1, "ended early (ZeroDivisionError)"),
    "raise KeyboardInterrupt": (130, "was interrupted"),
    "import signal; signal.raise_signal(signal.SIGINT)": (130, "was interrupted"),
    "import asyncio; raise asyncio.CancelledError": (1, "ended early (CancelledError)"),
    "import gradcheck; raise gradcheck.TargetError('of its own')": (1, "ended early (TargetError)"),
    "import gradcheck_no_such_module": (1, "ended early (ModuleNotFoundError)"),
    "raise SystemExit(7)": (7, "ended with exit code 7"),
}


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.parametrize("wrong", [True, False])
def test_what_was_seen_is_told_however_the_script_ends_and_that_it_did_not_come_to_its_end(
    outcome, end, wrong
):
    code, how = ENDINGS[end]
    line = WRONG if wrong else "tf.ones((3, 1)) * tf.ones((3, 1))"
    ended = outcome(f"import tensorflow as tf\n{line}\n{end}\nprint('trained')")
    assert (ended.code, ended.out) == (code, "")
    last = ended.err.splitlines()[-1]
    if wrong:
        assert last == f"gradcheck: 1 finding before the script {how}"
        assert ended.err.count("suspect[broadcast]") == 2
    else:
        assert re.fullmatch(
            rf"gradcheck: nothing found in 3 ops and 0 gradients before the script {re.escape(how)}"
            "; for other causes, try gradcheck run --check or gradcheck diff",
            last,
        )


def test_a_hook_for_exceptions_of_the_scripts_own_is_called(outcome):
    hook = "import sys\nsys.excepthook = lambda kind, *_: print('hooked', kind.__name__)\n1 / 0"
    try:
        assert outcome(hook).out == "hooked ZeroDivisionError\n"
        assert (
            "ZeroDivisionError: division by zero" in outcome("import sys\nsys.excepthook = None\n1 / 0").err
        )
    finally:
        sys.excepthook = sys.__excepthook__


def test_a_stderr_of_the_scripts_own_needs_no_more_than_what_print_needs(outcome, monkeypatch):
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    log = """
    import sys
    class Log:
        def write(self, text):
            print(text, end="")
        def flush(self):
            pass
    sys.stderr = Log()
    """
    ended = outcome(log + "sys.exit('no data')")
    assert (ended.code, ended.out) == (1, f"no data\n{UNWATCHED}; it ended with exit code 1\n")


def test_where_the_guard_fails_the_script_runs_to_its_end_and_it_is_said(outcome, monkeypatch):
    from gradcheck.training.guard import Guard

    fail = lambda guard, _: setattr(guard, "failed", True)  # noqa: E731
    monkeypatch.setattr(Guard, "_fail", fail)
    monkeypatch.setattr("gradcheck.execution.record.watch.likeness", None)
    ended = outcome(f"import tensorflow as tf\n{WRONG}\nprint('trained')")
    assert (ended.code, ended.out) == (2, "trained\n")
    assert ended.err.endswith("gradcheck: not everything was checked: see the warning above\n")


def test_where_the_guard_cannot_begin_the_script_runs_to_its_end_and_it_is_said(outcome, monkeypatch):
    monkeypatch.setattr("gradcheck.execution.record.watch.op_hook", None)
    with pytest.warns(RuntimeWarning, match="please report it"):
        ended = outcome(f"import tensorflow as tf\n{WRONG}\nprint('trained')")
    assert (ended.code, ended.out) == (2, "trained\n")
    assert UNWATCHED in ended.err
    assert ended.err.endswith("gradcheck: not everything was checked: see the warning above\n")


def test_the_script_is_main_with_its_own_arguments_and_folder(outcome, target):
    target("VALUE = 5", "neighbour.py")
    source = """
        import sys, neighbour
        if __name__ == "__main__":
            print(sys.argv[1:], neighbour.VALUE, sys.modules["__main__"].VALUE, __file__ == sys.argv[0])
        """
    ended = outcome(source.replace("if __name__", "VALUE = 6\n        if __name__"), "--help", "-v", "x")
    assert ended.out == "['--help', '-v', 'x'] 5 6 True\n"


@pytest.mark.parametrize(
    "source, message",
    [("import (", "is not valid Python"), (None, "No such file"), ("\0", "is not valid Python")],
)
def test_what_cannot_be_run_is_said(cli, target, tmp_path, source, message):
    path = tmp_path / "missing.py" if source is None else target(source)
    ended = cli("run", path)
    assert ended.code == 2
    assert message in ended.err


@pytest.mark.parametrize("source", ["-" * 20_000 + "1", "+".join("1" * 20_000)])
def test_a_source_that_is_too_deep_to_compile_is_said(cli, target, source):
    ended = cli("run", target(source))
    assert ended.code == 2
    assert re.fullmatch(r"error: .* is nested too deeply for Python \((Memory|Recursion)Error\)\n", ended.err)
    assert cli("run", target("+".join("1" * 200))).code == 0


@pytest.mark.parametrize(
    "raised, name",
    [
        ("GeneratorExit", "GeneratorExit"),
        ("asyncio.CancelledError", "CancelledError"),
        ("pytest.skip.Exception('no data')", "Skipped"),
    ],
)
def test_what_is_no_exception_ends_a_script_as_under_python(outcome, raised, name):
    ended = outcome(f"import asyncio, pytest\nraise {raised}")
    assert ended.code == 1
    assert ended.err.startswith("Traceback (most recent call last):\n")
    assert ended.err.endswith(f"{UNWATCHED}; it ended early ({name})\n")


def in_a_process_of_its_own(*arguments, by=("-m", "gradcheck", "run"), folder=None):
    command = [sys.executable, *by, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )


PROBE = """
    import argparse, pickle, sys
    from {siblings} import VALUE

    class Own:
        pass

    if __name__ == "__main__":
        parser = argparse.ArgumentParser()
        parser.add_argument("--epochs", type=int)
        parser.add_argument("rest", nargs="*")
        print(parser.prog, parser.parse_args())
        spec = __spec__ and (__spec__.name, __spec__.parent)
        print(__name__, __file__, __package__, spec, sys.modules["__main__"].Own is Own)
        print(sys.argv, sys.path[0], VALUE, type(pickle.loads(pickle.dumps(Own()))) is Own)
"""


@pytest.mark.parametrize(
    "named",
    [["train.py"], ["inside/main.py"], ["-m", "train"], ["-m", "package.training"], ["-m", "package"]],
    ids=lambda named: named[-1],
)
def test_a_script_or_a_module_finds_what_it_finds_under_python(target, tmp_path, named):
    """A script beside others, in a folder, a module, one of a package that imports its siblings, a package."""
    target("VALUE = 5", "neighbour.py"), target("VALUE = 6", "inside/neighbour.py")
    target("", "package/__init__.py"), target("VALUE = 7", "package/neighbour.py")
    for name in ("train.py", "inside/main.py", "package/training.py", "package/__main__.py"):
        siblings = ".neighbour" if name.startswith("package") else "neighbour"
        target(PROBE.format(siblings=siblings), name)
    arguments = [*named, "--epochs", "3", "x", "-y", "--help"][:-2]
    under = in_a_process_of_its_own(*arguments, folder=tmp_path)
    alone = in_a_process_of_its_own(*arguments, by=(), folder=tmp_path)
    assert (under.returncode, under.stdout) == (alone.returncode, alone.stdout)
    assert alone.stdout.count("\n") == 3 and alone.returncode == 0


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_comes_after_a_module_is_its_own(cli, target, in_folder):
    target("import sys\nprint(sys.argv[1:])", "own_options.py")
    assert cli("run", "-m", "own_options", "--help", "-m", "x").out == "['--help', '-m', 'x']\n"


@pytest.mark.parametrize(
    "name, message",
    [
        ("no_such_module", "No module named no_such_module"),
        ("no_such_package.training", "No module named 'no_such_package'"),
        ("only_a_package", "is a package and cannot be directly executed"),
        ("no_python", "invalid syntax"),
        ("too_deep", ""),  # each Python words it in its own way
        ("", ""),
    ],
)
def test_what_cannot_be_run_as_a_module_is_said(cli, target, in_folder, name, message):
    (
        target("", "only_a_package/__init__.py"),
        target("1 +", "no_python.py"),
        target("-" * 20_000 + "1", "too_deep.py"),
    )
    ended = cli("run", "-m", name)
    assert ended.code == 2
    assert ended.err.startswith(f"error: cannot run the module {name}: ")
    assert message in ended.err


def test_a_module_that_lacks_another_one_has_crashed(cli, target, in_folder):
    target("import gradcheck_no_such_module", "lacking/__init__.py"), target("", "lacking/training.py")
    ended = cli("run", "-m", "lacking.training")
    assert ended.code == 1
    assert ended.err.startswith("Traceback (most recent call last):\n  File ")
    assert "lacking/__init__.py" in ended.err and "runpy" not in ended.err
    assert ended.err.endswith("; it ended early (ModuleNotFoundError)\n")


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_after_ctrl_c_the_process_ends_with_130(target):
    interrupted = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('trained')"
    done = in_a_process_of_its_own(target(interrupted))
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.endswith("did not import TensorFlow; it was interrupted\n")


def test_a_script_without_tensorflow_is_told_so(target):
    done = in_a_process_of_its_own(target("print('done')"))
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr == "gradcheck: nothing was watched: the script did not import TensorFlow\n"


@pytest.mark.parametrize("first", [*["import keras", "pass"] * LONG, "from keras import layers"])
def test_in_a_process_of_its_own_tensorflow_is_the_scripts_to_import(target, first):
    """Keras imports TensorFlow, and has no layers before that is done."""
    path = target(
        f"""
        import atexit, sys
        assert "tensorflow" not in sys.modules and "numpy" not in sys.modules
        {first}
        import tensorflow as tf
        atexit.register(print, "good bye")
        {WRONG}
        """
    )
    done = in_a_process_of_its_own(path)
    assert (done.returncode, done.stdout) == (1, "good bye\n")
    assert done.stderr.count("gradcheck: 1 finding\n") == 1
    assert "RuntimeWarning" not in done.stderr

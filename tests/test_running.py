"""`gradcheck run`: somebody's script, as Python would run it."""

import os
import re
import subprocess
import sys

import pytest
import tensorflow as tf
from conftest import ROOT

import gradcheck

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
    assert "both operands grow: (3, 1) and (3,) make (3, 3)" in ended.err
    assert ended.err.endswith("gradcheck: 1 finding\n")


CLEAN = "; looked only for samples that meet each other; other causes: gradcheck diff\n"
UNWATCHED = "gradcheck: nothing was watched: no op of TensorFlow was seen in the script's main thread\n"


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
    assert (ended.code, ended.err) == (0, UNWATCHED)


def test_a_guard_says_nothing_where_nothing_is_found(outcome, capfd):
    with gradcheck.guard() as guard:
        tf.sin(tf.constant([1.0, 2.0]))
    assert (guard.ops_seen, *capfd.readouterr()) == (1, "", "")


@pytest.mark.parametrize("end, code", [("0", 0), ("3", 3), ("None", 0), ("'no data'", 1)])
def test_the_exit_code_is_the_scripts(outcome, end, code):
    ended = outcome(f"import sys\nsys.exit({end})")
    assert (ended.code, ended.err) == (code, ("no data\n" if "data" in end else "") + UNWATCHED)


def test_the_exit_code_is_the_scripts_also_where_something_was_found(outcome):
    ended = outcome(f"import tensorflow as tf\n{WRONG}\nraise SystemExit(7)")
    assert ended.code == 7
    assert "gradcheck: 1 finding" in ended.err


def test_an_exception_is_shown_as_python_shows_it(outcome):
    ended = outcome("def train():\n    1 / 0\ntrain()")
    assert ended.code == 1
    lines = ended.err.removesuffix(UNWATCHED).splitlines()
    assert (lines[0], lines[-1]) == (
        "Traceback (most recent call last):",
        "ZeroDivisionError: division by zero",
    )
    assert "gradcheck/" not in ended.err


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
    "source, message", [("import (", "is no Python"), (None, "No such file"), ("\0", "is no Python")]
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
    "raised", ["GeneratorExit", "asyncio.CancelledError", "pytest.skip.Exception('no data')"]
)
def test_what_is_no_exception_ends_a_script_as_under_python(outcome, raised):
    ended = outcome(f"import asyncio, pytest\nraise {raised}")
    assert ended.code == 1
    assert ended.err.startswith("Traceback (most recent call last):\n")
    assert ended.err.endswith(UNWATCHED)


def in_a_process_of_its_own(path):
    command = [sys.executable, "-m", "gradcheck", "run", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_script_without_tensorflow_is_told_so(target):
    done = in_a_process_of_its_own(target("print('done')"))
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert done.stderr == "gradcheck: nothing was watched: the script did not import TensorFlow\n"


def test_in_a_process_of_its_own_tensorflow_is_the_scripts_to_import(target):
    path = target(
        f"""
        import atexit, sys
        assert "tensorflow" not in sys.modules and "numpy" not in sys.modules
        import tensorflow as tf
        atexit.register(print, "good bye")
        {WRONG}
        """
    )
    done = in_a_process_of_its_own(path)
    assert (done.returncode, done.stdout) == (1, "good bye\n")
    assert "gradcheck: 1 finding" in done.stderr

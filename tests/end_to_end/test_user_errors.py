"""Whatever the user's code raises, and whatever gradcheck gets wrong: one message, and the others' reports."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.errors import CaseError, FaultError, GradcheckError, UserCodeError, said, user_code, why
from gradcheck.report.showable import showable
from support.project import ROOT

PARTS = """
    import asyncio, numpy as np, pytest, tensorflow as tf
    import gradcheck

    w = tf.Variable([1.0, 2.0], name="w")

    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    def loss(x):
        return tf.reduce_mean(x * w)

    def make(candidate=loss, reference=loss, **changes):
        parts = dict(batch={"x": np.ones((3, 2), "float32")}, variables=[w])
        return gradcheck.Case(reference=reference, candidate=candidate, **{**parts, **changes})

    def raising(error):
        def loss(x):
            raise error
        return loss

    class Model:
        name = "net"
        built = False

        @property
        def trainable_variables(self):
            raise ValueError("not built")

    class Array:
        def __array__(self, *_, **__):
            raise LookupError("on another device")

    @gradcheck.case
    def good():
        return make()
"""
BAD = """
    @gradcheck.case
    def bad():
        return {}
"""
RAISED = {
    "pytest.skip": ("pytest.skip.Exception('no data')", "Skipped: no data"),
    "a cancelled task": ("asyncio.CancelledError()", "asyncio.exceptions.CancelledError"),
    "GeneratorExit": ("GeneratorExit()", "GeneratorExit"),
    "SystemExit": ("SystemExit(0)", "SystemExit: 0"),
    "no text": ("Mute()", "<exception str() failed>"),
    "a StopIteration": ("StopIteration(3)", "StopIteration: 3"),
}


@pytest.mark.parametrize("kind", RAISED)
def test_whatever_a_loss_raises_ends_its_case_alone(cli, target, unchanged, kind):
    error, said_of_it = RAISED[kind]
    with unchanged():
        outcome = cli("diff", target(PARTS + BAD.format(f"make(raising({error}))")))
    assert outcome.code == 2
    assert re.match(r"error: bad: the candidate \(.*\) raised:\n\nTraceback", outcome.err)
    assert outcome.err.rstrip().endswith(said_of_it)
    assert "good  EQUIVALENT" in outcome.out


@pytest.mark.parametrize("where", ["def bad():\n        raise {0}", "bad = 3\n    raise {0}"])
@pytest.mark.parametrize("command", ["diff", "shapes", "fuzz"])
def test_whatever_a_factory_or_a_file_raises_is_a_message_of_every_command(cli, target, command, where):
    marked = "\n    @gradcheck.case\n    " if where.startswith("def") else "\n    "
    for error, said_of_it in RAISED.values():
        path = target(PARTS + marked + where.format(error) + "\n")
        outcome = cli(command, f"{path}:bad")
        assert outcome.code == 2
        assert outcome.err.startswith("error: ")
        assert outcome.err.rstrip().endswith(said_of_it)
        assert "bug in gradcheck" not in outcome.err


@pytest.mark.parametrize("alone", [False, True])
def test_the_same_through_the_api(alone):
    w = tf.Variable([1.0, 2.0])

    def cancelled(x):
        raise asyncio.CancelledError

    case = gradcheck.Case(
        reference=None if alone else lambda x: tf.reduce_sum(w * x),
        candidate=cancelled,
        batch={"x": np.ones((3, 2), "float32")},
        variables=[w],
    )
    with pytest.raises(UserCodeError, match="CancelledError") as raised:
        gradcheck.diff(case)
    assert isinstance(raised.value.error, asyncio.CancelledError)


def test_what_is_cut_short_by_the_gradient_of_an_op_is_the_users_too():
    w = tf.Variable(1.0)

    @tf.custom_gradient
    def cancelled(x):
        def gradient(upstream):
            raise asyncio.CancelledError

        return tf.identity(x), gradient

    case = gradcheck.Case(
        candidate=lambda x: cancelled(w * tf.reduce_sum(x)), batch={"x": np.ones(3, "float32")}, variables=[w]
    )
    with pytest.raises(UserCodeError, match="CancelledError"):
        gradcheck.diff(case)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("make(candidate=None)", "the candidate is None; expected a function"),
        (
            "gradcheck.Case(candidate=None, batch={'x': np.ones(3)}, variables=[w])",
            "the candidate is None; expec",
        ),
        (
            "make(variables=Model())",
            "reading the trainable variables of a gradcheck_target_target.Model raised; call",
        ),
        ("make(batch={'x': Array()})", "making an array of batch['x'] raised:"),
        ("make(name=3)", "the name of the case is an int; expected text"),
        ("make(batch={'': np.ones(3)})", "batch has the key ''; expected names"),
    ],
)
def test_what_is_wrong_with_a_case_ends_that_case_alone(cli, target, case, message):
    path = target(PARTS + BAD.format(case))
    for command, shown in (("diff", "good  EQUIVALENT"), ("shapes", "good\n"), ("fuzz", "good  NO COUNTER")):
        outcome = cli(command, path, *(["--examples", "1"] if command == "fuzz" else []))
        assert outcome.code == 2
        assert outcome.err.startswith(f"error: bad: {message}")
        assert outcome.err.count("error: ") == 1
        assert shown in outcome.out


def test_a_case_of_which_nothing_could_be_run_is_in_the_json_of_shapes(cli, target):
    import json

    views = json.loads(cli("shapes", target(PARTS + BAD.format("make(3)")), "--format", "json").out)["shapes"]
    assert [(view["name"], view["error"]) for view in views] == [
        ("good", None),
        ("bad", "the candidate is an int; expected a function"),
    ]


# Faults of our own.

REFERENCE_MISSING = BAD.format("make(reference=None)")


@pytest.mark.parametrize(
    ("command", "broken", "case"),
    [
        ("diff", "gradcheck.comparison.compare.against_itself", REFERENCE_MISSING),
        ("fuzz", "gradcheck.comparison.compare.against_itself", REFERENCE_MISSING),
        ("shapes", "gradcheck.tracing.api.aligned", BAD.format("make()")),
    ],
)
def test_a_fault_of_ours_is_said_of_its_case_and_takes_no_other_along(  # noqa: PLR0917 - passed by name
    cli, target, monkeypatch, command, broken, case
):
    parts = PARTS if command != "shapes" else PARTS.replace("return make()", "return make(reference=None)")
    monkeypatch.setattr(broken, None)
    outcome = cli(command, target(parts + case), *(["--examples", "1"] if command == "fuzz" else []))
    assert outcome.code == 2
    where = "/".join(broken.split(".")[1:-1])
    assert re.match(
        rf"error: bad: this is a bug in gradcheck: TypeError at gradcheck/{where}\.py:\d+; please",
        outcome.err,
    )
    assert outcome.err.endswith("TypeError: 'NoneType' object is not callable\n")
    assert "good" in outcome.out


def test_a_fault_of_ours_is_no_error_that_is_handled():
    assert not issubclass(FaultError, GradcheckError)


def raised_by(run):
    try:
        run()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_whose_an_unforeseen_error_is_tells_its_traceback():
    ours = raised_by(lambda: __import__("gradcheck.system.memory", fromlist=["_"])._readable(None))
    ours.__traceback__ = ours.__traceback__.tb_next.tb_next  # without the frames of this test
    assert why(ours).startswith("this is a bug in gradcheck: TypeError at gradcheck/system/memory.py:")
    users = raised_by(lambda: 1 / 0)
    assert why(users).startswith("inspecting the case raised:\n\nTraceback")
    assert why(CaseError("clear")) == "clear"
    assert (
        why(MemoryError("Unable to allocate 3 TiB")) == "there is not enough memory: Unable to allocate 3 TiB"
    )


class Result:
    def __init__(self, name, error=""):
        self.name, self.error = name, error


def test_a_result_that_cannot_be_shown_is_replaced_by_the_fault():
    results = [Result("good"), Result("bad"), Result(3)]
    shown = showable(results, lambda some: some[0].name.upper() + {"good": ""}[some[0].name], Result)
    assert [result.name for result in shown] == ["good", "bad", "3"]
    assert [bool(result.error) for result in shown] == [False, True, True]
    assert "KeyError" in shown[1].error
    assert "AttributeError" in shown[2].error
    assert showable(results[1:2], lambda some: 1 / 0, Result) == results[1:2]


# What an exception may do when it is looked at.


class ContraryError(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def test_an_error_without_text_is_named():
    assert said(ContraryError()) == f"a {__name__}.ContraryError whose text is not available"
    assert said(ValueError("text")) == "text"


class BrokenError(SyntaxError):
    @property
    def lineno(self):
        raise LookupError


def test_an_error_that_python_cannot_format_is_named():
    assert str(UserCodeError("it raised:", BrokenError())) == "it raised:\n\nBrokenError"


def test_a_long_chain_of_errors_is_formatted():
    error = ValueError(0)
    for number in range(1, 3000):
        following = ValueError(number)
        following.__context__ = error
        error = following
    assert str(UserCodeError("it raised:", error)).endswith("ValueError: 2999")


# Coroutines.


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("command", ["diff", "shapes", "fuzz"])
def test_async_functions_are_refused_and_nobody_is_warned_that_they_were_not_awaited(cli, target, command):
    path = target(
        PARTS
        + """
    @gradcheck.case
    async def factory():
        return make()

    async def later(x):
        return loss(x)

    @gradcheck.case
    def candidate():
        return make(later)

    @gradcheck.case
    def alone():
        return make(later, reference=None)
    """
    )
    few = ["--examples", "1"] if command == "fuzz" else []
    for name in ("factory", "candidate", "alone"):
        outcome = cli(command, f"{path}:{name}", *few)
        assert outcome.code == 2
        assert "write `def` instead of `async def`" in " ".join((outcome.err + outcome.out).split())
        assert "never awaited" not in outcome.err
    assert cli(command, f"{path}:good", *few).code == 0


# Ctrl-C.

PRESSED = """
    import signal
    try:
        {}
    except KeyboardInterrupt as interrupt:
        raise ImportError("numpy.core failed to import") from interrupt
"""


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C interrupt Python, as it does not in what a shell runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("command", ["diff", "shapes", "fuzz"])
def test_ctrl_c_that_an_import_made_an_error_of_is_ctrl_c_still(cli, target, command):
    outcome = cli(command, target(PRESSED.format("signal.raise_signal(signal.SIGINT)")))
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "error: interrupted\n")
    outcome = cli(command, target(PRESSED.format("raise ImportError('no such library')")))
    assert outcome.code == 2
    assert outcome.err.endswith("ImportError: no such library\n")


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_is_remembered_no_longer_than_the_command_runs(cli, target):
    assert cli("diff", target(PRESSED.format("signal.raise_signal(signal.SIGINT)"))).code == 130
    with pytest.raises(UserCodeError), user_code("it raised:"):
        raise ImportError


@pytest.mark.parametrize(
    ("raised", "code"), [("KeyboardInterrupt", 130), ("SystemExit(0)", 2), ("OSError", 2)]
)
def test_only_ctrl_c_while_tensorflow_is_imported_is_130(tmp_path, raised, code):
    (tmp_path / "tensorflow.py").write_text(f"raise {raised}")
    (tmp_path / "keras.py").write_text("")
    paths = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]"
    program = f"{paths}; from gradcheck.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "diff", "x.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


# Eager execution.


def test_a_case_in_a_graph_is_refused(unchanged):
    w = tf.Variable(1.0)
    case = gradcheck.Case(
        reference=lambda x: tf.reduce_sum(w * x),
        candidate=lambda x: w * tf.reduce_sum(x),
        batch={"x": np.ones(3, "float32")},
        variables=[w],
    )
    with (
        unchanged(),
        tf.Graph().as_default(),
        pytest.raises(CaseError, match=r"^eager execution is disabled"),
    ):
        gradcheck.diff(case)
    uncalled = gradcheck.case(lambda: 1 / 0)
    with tf.Graph().as_default(), pytest.raises(CaseError, match=r"^eager execution is disabled"):
        gradcheck.diff(uncalled)
    with tf.Graph().as_default(), pytest.raises(CaseError, match=r"^eager execution is disabled"):
        gradcheck.shapes(lambda x: x, inputs={"x": "float32[3]"})
    assert gradcheck.diff(case).equivalent


NOT_EAGER = """
import sys
from gradcheck.cli import app
for arguments in ["diff {0}", "shapes {0}", "shapes {0}:loss --input x=float32[2]", "fuzz {0}"]:
    try:
        app(arguments.split())
    except SystemExit as end:
        print(end.code)
"""


@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_file_that_switches_eager_execution_off_gets_one_message_from_every_command(target):
    path = target(PARTS + BAD.format("make()") + "\n    tf.compat.v1.disable_eager_execution()\n")
    done = subprocess.run(
        [sys.executable, "-c", NOT_EAGER.format(path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.split() == ["2"] * 4
    assert [line[:40] for line in done.stderr.splitlines()] == [
        "error: eager execution is disabled, but gra"[:40]
    ] * 4

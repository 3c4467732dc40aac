"""What a project accepts or knows is left out by `diff`, `shapes`, `run` and the guard alike."""

from __future__ import annotations

import json
import re
import textwrap
import warnings

import pytest

import gradcheck
from gradcheck.accepted import SettingsError, project_here
from gradcheck.source import read_anew
from support.documents import validator
from support.project import ROOT

LOSS = """
import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([[1.0], [2.0]])


def pairwise(x):
    column = x @ w
    row = tf.squeeze(column, 1)
    return tf.reduce_mean(tf.abs(column - row))


def elementwise(x):
    return tf.reduce_mean(tf.abs(x @ w))


def case(reference):
    batch = {"x": np.random.default_rng(0).normal(size=(6, 2)).astype("float32")}
    return gradcheck.Case(reference=reference, candidate=pairwise, batch=batch, variables=[w])


@gradcheck.case
def same():
    return case(pairwise)


@gradcheck.case
def other():
    return case(elementwise)
"""

MOVED = "# a line\n\n" + LOSS.replace(
    "tf.abs(column - row)", "tf.abs(\n        (column\n         - row)\n    )"
)
"""The same in other lines."""

CHANGED = LOSS.replace("column - row", "row - column")

SCRIPT = """
import tensorflow as tf

w = tf.Variable([[1.0], [2.0]])
x = tf.random.stateless_normal((6, 2), (1, 2))
y = tf.random.stateless_normal((6,), (3, 4))
for step in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((x @ w - y) ** 2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
"""

IGNORED = (
    '[tool.gradcheck]\nignore = [{ code = "broadcast", file = "*.py", text = "%s", reason = "pairs" }]\n'
)


@pytest.fixture
def project(tmp_path, monkeypatch, cli):
    """Return a function that runs a command in a project with this loss, this script and these settings."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, loss=LOSS, script=SCRIPT, settings=""):
        (tmp_path / "losses.py").write_text(loss)
        (tmp_path / "train.py").write_text(script)
        (tmp_path / "pyproject.toml").write_text(textwrap.dedent(settings))
        read_anew()  # each would be a process of its own
        return cli(*arguments)

    return run


SHAPES = ("shapes", "losses.py:pairwise", "--input", "x=float32[6,2]", "--only", "marked")


@pytest.mark.parametrize(
    ("command", "text", "sign", "code"),
    [
        (("diff", "losses.py:same"), "column - row", "note[broadcast]", 0),
        (SHAPES, "column - row", "!! both operands", 0),
        (("run", "train.py"), "x @ w - y", "[broadcast]", 1),
    ],
)
def test_what_the_project_ignores_is_left_out_and_the_twin_another_expression_is_not(
    project, command, text, sign, code
):
    def shown(settings):
        ended = project(*command, settings=settings)
        return sign in ended.out + ended.err, ended.code

    assert shown("") == (True, code)
    assert shown(IGNORED % text) == (False, 0)
    assert shown(IGNORED % f"({text})") == (False, 0)
    assert shown(IGNORED % text.replace("w", "v").replace("row", "rows")) == (True, code)


def test_the_guard_respects_it_too(project):
    def found(settings):
        project("explain", settings=settings)
        with gradcheck.guard(on="collect") as guard:
            exec(compile(SCRIPT, "train.py", "exec"), {})
        return [finding.cause for finding in guard.findings]

    assert found("") == ["broadcast"]
    assert found('[tool.gradcheck]\nignore = [{ file = "train.py", reason = "old" }]\n') == []
    with pytest.raises(SettingsError, match="say why"):
        found('[tool.gradcheck]\nignore = [{ file = "train.py" }]\n')


def test_how_much_is_left_out_is_said(project):
    assert (
        "left out: 1 ignored in pyproject.toml"
        in project("run", "train.py", settings=IGNORED % "x @ w - y").err
    )
    assert "left out" not in project("run", "train.py").err


@pytest.mark.parametrize("settings", [IGNORED % "column - row", ""])
def test_what_is_proved_is_reported_whatever_is_ignored(project, settings):
    ended = project("diff", "losses.py:other", settings=settings)
    assert ended.code == 1
    assert "error[" in ended.out


def test_what_a_baseline_has_is_no_failure_even_when_lines_move_and_the_twin_another_loss_is_one(project):
    command = ("diff", "losses.py:other", "--baseline", "known.json")
    written = project(*command, "--write-baseline")
    assert (written.code, "wrote known.json: 2 new entries" in written.err) == (0, True)
    assert "error[" in written.out  # it hides nothing when it is written
    again = project(*command, loss=MOVED)
    assert again.code == 0
    assert "known: it is in the baseline" in again.out and "DIFFERENT" in again.out
    assert again.out.endswith("1 case: 1 known\n")
    document = json.loads(project(*command, "--format", "json", loss=MOVED).out)
    validator("diff").validate(document)
    assert document["cases"][0]["known"] is True
    assert project(*command, loss=CHANGED).code == 1
    assert project("diff", "losses.py:other").code == 1


@pytest.mark.parametrize(("form", "sign"), [("github", "::error"), ("sarif", '"suppressions"')])
def test_what_is_known_fails_no_build_in_other_formats(project, form, sign):
    command = ("diff", "losses.py:other", "--budget", "0", "--format", form, "--baseline", "known.json")
    written = project(*command[:-2]).out
    project(*command, "--write-baseline")
    known = project(*command).out
    assert (sign in written, sign in known) == ((True, False) if form == "github" else (False, True))


def test_a_baseline_of_a_run_and_of_shapes_is_one_file(project):
    settings = '[tool.gradcheck]\nbaseline = "known.json"\n'
    assert project("run", "--write-baseline", "train.py", settings=settings).code == 0
    assert project(*SHAPES, "--write-baseline", settings=settings).code == 0
    moved = SCRIPT.replace("import tensorflow", "\n\nimport tensorflow")
    assert project("run", "train.py", script=moved, settings=settings).code == 0
    assert "; known: it" in project(*SHAPES, loss=MOVED, settings=settings).out
    changed = SCRIPT.replace("x @ w - y", "y - x @ w")
    assert project("run", "train.py", script=changed, settings=settings).code == 1
    assert "!! both operands" in project(*SHAPES, loss=CHANGED, settings=settings).out
    assert "left out: 1 in" in project("run", "train.py", settings=settings).err


@pytest.mark.parametrize(
    ("settings", "arguments", "said"),
    [
        ("[tool.gradcheck]\nignore = 3", (), "expected a list of tables"),
        ("[tool.gradcheck]\nignore = [{ code = 'broadcast' }]", (), "ignore[0]: say why in `reason`"),
        ("[tool.gradcheck]\nignore = [{ text = 'x', reason = 'r' }]", (), "it would leave out everything"),
        ("[tool.gradcheck]\nignore = [{ cod = 'x', reason = 'r' }]", (), "there is no field cod"),
        (
            "[tool.gradcheck]\nignore = [{ code = 'brodcast', reason = 'r' }]",
            (),
            "there is no such code; did you mean broadcast?",
        ),
        (
            "[tool.gradcheck]\nignore = [{ code = 'pairing', reason = 'r' }]",
            (),
            "there is no such code; expected one of axis, broadcast,",
        ),
        ("[tool.gradcheck]\nbaseline = 3", (), "baseline: expected the name of a file"),
        ("[tool.gradcheck]\nbaseline = 'none.json'", (), "there is no baseline"),
        ("", ("--baseline", "none.json"), "there is no baseline none.json: --write-baseline writes one"),
        ("", ("--baseline", "losses.py"), "losses.py is no baseline"),
        ("", ("--write-baseline",), "name the file with --baseline FILE"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said(project, settings, arguments, said):
    ended = project("diff", "losses.py:same", *arguments, settings=settings)
    assert ended.code == 2
    assert said in ended.err


def test_the_settings_that_the_documentation_shows_are_read(project):
    page = (ROOT / "docs" / "accepted.md").read_text()
    ignore, severity, baseline = re.findall(r"```toml\n(.*?)```", page, re.S)
    project("explain", settings=ignore)
    assert [entry.code for entry in project_here().ignored] == ["broadcast", "dead"]
    project("explain", settings=baseline)
    assert project_here().baseline.name == "gradcheck-baseline.json"
    project("explain", settings=severity)
    assert project_here().severities == {"dead": "note", "memory": "suspicion"}


SET = '[tool.gradcheck]\nseverity = { %s = "%s" }\n'


@pytest.mark.parametrize(
    ("command", "signs", "codes"),
    [
        (("run", "train.py"), ("suspect[broadcast]", "note[broadcast]", "suspect[broadcast]"), (1, 0, 1)),
        (SHAPES, ("!! both operands", "· both operands", "! both operands"), (0, 0, 0)),
        (
            ("diff", "losses.py:same", "--format", "markdown"),
            ("note[broadcast]", "note[broadcast]", "suspect[broadcast]"),
            (0, 0, 0),
        ),
    ],
)
def test_a_finding_has_the_severity_that_the_project_sets_and_the_twin_of_another_code_has_not(
    project, command, signs, codes
):
    for settings, sign, code in (
        (SET % ("index", "note"), signs[0], codes[0]),
        (SET % ("broadcast", "note"), signs[1], codes[1]),
        (SET % ("broadcast", "suspicion"), signs[2], codes[2]),
    ):
        ended = project(*command, settings=settings)
        assert sign in re.sub(r"\s+", " ", ended.out + ended.err), settings
        assert ended.code == code


def test_the_guard_does_not_warn_of_what_the_project_makes_a_note(project):
    def warned(settings):
        project("explain", settings=settings)
        with warnings.catch_warnings(record=True) as caught, gradcheck.guard() as guard:
            warnings.simplefilter("always")
            exec(compile(SCRIPT, "train.py", "exec"), {})
        return len(caught), [finding.severity for finding in guard.findings]

    assert warned("") == (1, ["suspicion"])
    assert warned(SET % ("broadcast", "note")) == (0, ["note"])


def test_what_is_proved_keeps_its_severity_whatever_the_project_sets(project):
    ended = project("diff", "losses.py:other", settings=SET % ("broadcast", "note"))
    assert ended.code == 1
    assert "error[broadcast]" in ended.out

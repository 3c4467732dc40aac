"""A patch is written only after it was run."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from gradcheck.cli import app
from gradcheck.comparison.api import diff_factory
from gradcheck.comparison.patch import PatchError, verified_patch
from gradcheck.findings import Finding, Fix
from gradcheck.options import Options
from gradcheck.targets.loading import load
from support.project import ROOT

EXAMPLE = ROOT / "examples" / "bandit.py"


@pytest.fixture
def bandit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return shutil.copy(EXAMPLE, tmp_path / "bandit.py").name


PLAIN, OPTIONS = Options(), Options(settings={"samples": 12})


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Compare the cases of a file once for all tests; go into its folder, and return the reports."""
    done = {}

    def compare(source, target="target.py", options=PLAIN):
        if (source, target) not in done:
            folder = tmp_path_factory.mktemp("compared")
            (folder / target.partition(":")[0]).write_text(source)
            os.chdir(folder)
            done[source, target] = folder, [diff_factory(factory, options) for factory in load(target)]
        folder, reports = done[source, target]
        os.chdir(folder)
        return list(reports)

    return compare


@pytest.fixture
def actor(compared, monkeypatch):
    """Return the report on the bandit's actor, in the folder of its file."""
    monkeypatch.chdir(".")  # so that it is left again
    (report,) = compared(EXAMPLE.read_text(), "bandit.py:actor", OPTIONS)
    return report


@pytest.fixture
def reports_on(compared, monkeypatch):
    """Return the reports on the cases of a file, in its folder."""
    monkeypatch.chdir(".")
    return compared


def diff(*arguments):
    return CliRunner().invoke(app, ["diff", *arguments, "--set", "samples=12"], catch_exceptions=False)


def apply(patch):
    subprocess.run(["git", "apply", patch], check=True)


def test_the_patched_bandit_is_equivalent(bandit):
    before = pathlib.Path(bandit).read_text()
    assert diff(f"{bandit}:actor", "--patch", "fix.diff").exit_code == 1
    assert pathlib.Path(bandit).read_text() == before
    assert (
        "+        return -tf.reduce_mean(tf.squeeze(advantages, axis=1) * "
        in pathlib.Path("fix.diff").read_text()
    )
    apply("fix.diff")
    assert diff(f"{bandit}:actor", "--budget", "0").exit_code == 0


def test_where_all_is_equivalent_there_is_nothing_to_repair(bandit):
    result = diff(f"{bandit}:actor_fixed", "--patch", "fix.diff")
    assert (result.exit_code, result.stderr) == (0, "nothing to fix: fix.diff was not written\n")
    assert not pathlib.Path("fix.diff").exists()


def test_a_difference_without_a_fix_is_something_to_repair(bandit):
    result = diff(f"{bandit}:actor", "--patch", "fix.diff", "--budget", "0")
    assert result.exit_code == 2
    assert "no patch: no finding has a verified fix" in result.stderr
    assert not pathlib.Path("fix.diff").exists()


def test_a_fix_that_does_not_help_in_the_source_is_refused(actor):
    wrong = [_with_other_text(finding) for finding in actor.findings]
    with pytest.raises(PatchError, match="`actor` is different"):
        verified_patch("bandit.py:actor", [replace(actor, findings=tuple(wrong))], OPTIONS)


def _with_other_text(finding: Finding) -> Finding:
    if finding.fix is None:
        return finding
    return replace(finding, fix=Fix(text="advantages * tf.math.log(action_probs)"))


@pytest.mark.usefixtures("python_with_tensorflow")
def test_a_fix_in_an_imported_module_is_tried_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imported_losses.py").write_text(
        "import tensorflow as tf\n\n\ndef loss(x, y, w):\n    return tf.reduce_mean(tf.square(y - x @ w))\n"
    )
    (tmp_path / "case.py").write_text(
        "import numpy as np\nimport tensorflow as tf\nimport gradcheck\n"
        "from imported_losses import loss\n\n\n"
        "@gradcheck.case\ndef regression(seed: int = 0):\n"
        "    random = np.random.default_rng(seed)\n"
        "    w = tf.Variable([[1.0], [2.0]], name='w')\n"
        "    x, y = random.normal(size=(8, 2)).astype('f'), random.normal(size=8).astype('f')\n"
        "    batch = {'x': x, 'y': y}\n"
        "    return gradcheck.Case(candidate=lambda x, y: loss(x, y, w), batch=batch, variables=[w])\n"
    )
    result = CliRunner().invoke(app, ["diff", "case.py", "--patch", "fix.diff"], catch_exceptions=False)
    assert result.exit_code == 1
    assert pathlib.Path("fix.diff").read_text().startswith("--- a/imported_losses.py")
    apply("fix.diff")
    rerun = subprocess.run(
        [sys.executable, "-m", "gradcheck", "diff", "case.py"], capture_output=True, text=True, check=False
    )
    assert rerun.returncode == 0, rerun.stderr


LOSS = """
import numpy as np
import tensorflow as tf
import gradcheck

def loss(x, y, w):
    return tf.reduce_mean((y - x @ w) ** 2)
"""
CASE = """
def made(reference, candidate, y_shape=(8,)):
    random = np.random.default_rng(0)
    w = tf.Variable([[1.0], [2.0]], name="w")
    batch = {"x": random.normal(size=(8, 2)).astype("f"), "y": random.normal(size=y_shape).astype("f")}
    return gradcheck.Case(
        reference=reference and (lambda x, y: reference(x, y, w)),
        candidate=lambda x, y: candidate(x, y, w),
        batch=batch,
        variables=[w],
    )

@gradcheck.case
def wrong():
    return made(None, loss)
"""
SHARES = """
def plain(x, y, w):
    return tf.reduce_mean((y - x @ w) ** 2)

@gradcheck.case
def right():
    return made(plain, loss, y_shape=(8, 1))
"""
SHARES_NOT = """
@gradcheck.case
def right():
    return made(None, lambda x, y, w: tf.reduce_mean((y - x @ w) ** 2), y_shape=(8, 1))
"""
RAISES = """
def checked(x, y, w):
    if y.shape.rank == 2:
        tf.debugging.assert_equal(loss(x, y, w), tf.reduce_mean((y - x @ w) ** 2))
    return loss(x, y, w)

@gradcheck.case
def right():
    return made(None, checked, y_shape=(8, 1))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_patch_that_would_break_another_case_is_refused(cli, target, folder):
    target(LOSS + CASE + SHARES)
    outcome = cli("diff", "target.py", "--patch", "fix.diff")
    assert outcome.code == 2
    assert "no patch: with the fixes in the source `right` is different, and was equivalent" in outcome.err
    assert "1 of 1 gradients differ" in outcome.err
    assert not (folder / "fix.diff").exists()


def test_a_case_that_a_patch_leaves_alone_hinders_it_not(cli, target, folder):
    target(LOSS + CASE + SHARES_NOT)
    outcome = cli("diff", "target.py", "--patch", "fix.diff")
    assert (outcome.code, outcome.err) == (
        1,
        "wrote fix.diff: 1 change in target.py; apply it with: git apply fix.diff\n",
    )
    apply("fix.diff")
    assert cli("diff", "target.py", "--budget", "0").code == 0


def test_a_patch_with_which_another_case_raises_is_refused(cli, target, folder):
    target(LOSS + CASE + RAISES)
    outcome = cli("diff", "target.py", "--patch", "fix.diff")
    assert outcome.code == 2
    assert "`right` is inconclusive, and was equivalent without them: the candidate" in outcome.err
    assert not (folder / "fix.diff").exists()


def test_a_case_with_a_name_of_its_own_is_tried_too(actor):
    wrong = replace(actor, name="other", findings=tuple(map(_with_other_text, actor.findings)))
    with pytest.raises(PatchError, match="`other` is different"):
        verified_patch("bandit.py:actor", [wrong], OPTIONS)


TWO = """
def other_loss(x, y, w):
    return tf.reduce_mean((y - x @ w) ** 2)

@gradcheck.case
def second():
    return made(None, other_loss)
"""


@pytest.mark.parametrize("spoilt", [0, 1])
def test_where_one_case_of_several_hinders_it_a_case_can_be_named(reports_on, spoilt):
    reports = reports_on(LOSS + CASE + TWO)
    (finding,) = (finding for finding in reports[spoilt].findings if finding.verified)
    unhelpful = replace(finding, fix=replace(finding.fix, text=finding.span.text))
    reports[spoilt] = replace(reports[spoilt], findings=(unhelpful,))
    name = reports[spoilt].name
    with pytest.raises(
        PatchError, match=f"`{name}` is different; for the fixes of one case, name it: target.py:"
    ):
        verified_patch("target.py", reports, PLAIN)


def test_where_no_case_hinders_another_all_are_patched(reports_on):
    patch = verified_patch("target.py", reports_on(LOSS + CASE + TWO), PLAIN)
    assert (patch.changes, patch.files) == (2, ("target.py",))


def test_a_module_between_the_case_and_the_patched_file_is_imported_anew(cli, target, folder):
    target(LOSS, "between_losses.py")
    target("from between_losses import loss", "between_helpers.py")
    target("from between_helpers import loss\nimport gradcheck, numpy as np, tensorflow as tf\n" + CASE)
    assert cli("diff", "target.py", "--patch", "fix.diff").code == 1
    assert "in between_losses.py;" in cli("diff", "target.py", "--patch", "fix.diff").err
    kept = sys.modules["between_losses"]
    assert sys.modules["between_helpers"].loss is kept.loss


@pytest.mark.parametrize("end, newline", [("", "\n"), ("\n", "\n"), ("\r\n", "\r\n")])
def test_the_patch_applies_whatever_the_lines_end_in(cli, folder, end, newline):
    text = (LOSS + CASE).replace("def wrong():\n    return made(None, loss)\n", "")
    text = text.replace("def loss(", "def unused(") + "def wrong():\n    return made(None, loss)\n\n"
    text += "def loss(x, y, w):\n    return tf.reduce_mean((y - x @ w) ** 2)"
    (folder / "target.py").write_text(text.replace("\n", newline) + end, newline="")
    assert cli("diff", "target.py", "--patch", "fix.diff").code == 1
    apply("fix.diff")
    assert (folder / "target.py").read_bytes().endswith(f") ** 2){end}".encode())
    assert cli("diff", "target.py", "--budget", "0").code == 0


@pytest.mark.parametrize(
    "started_in, in_a_repository", [(".", False), ("inner", True), ("other", True), ("other", False)]
)
def test_the_command_that_is_told_applies_it(cli, target, folder, started_in, in_a_repository):
    if in_a_repository:
        subprocess.run(["git", "init", "-q", folder], check=True)
    path = target(LOSS + CASE, "inner/target.py")
    (folder / started_in).mkdir(exist_ok=True)
    os.chdir(folder / started_in)  # `folder` leaves it again
    said = cli("diff", path, "--patch", "a fix.diff").err
    where = re.search(r"apply it (?:in (.*) )?with: (.*)\n", said)
    subprocess.run(shlex.split(where[2]), check=True, cwd=where[1] or ".")
    assert (where[1] is None) == (started_in != "other")
    assert cli("diff", path, "--budget", "0").code == 0


NESTED = """
def wrong_twice(x, y, w):
    return -tf.reduce_sum((y - tf.squeeze(x @ w, 1)) ** 2) - tf.reduce_mean(tf.abs(x @ w))

def right_twice(x, y, w):
    return -tf.reduce_mean((y - tf.squeeze(x @ w, 1)) ** 2) + tf.reduce_mean(tf.abs(x @ w))

@gradcheck.case
def twice():
    return made(right_twice, wrong_twice)
"""


def test_a_fix_within_the_expression_of_another_is_put_into_it(cli, target, folder):
    target(LOSS + CASE + NESTED)
    assert cli("diff", "target.py:twice", "--patch", "fix.diff").code == 1
    apply("fix.diff")
    assert cli("diff", "target.py:twice", "--budget", "0").code == 0


@pytest.mark.parametrize("text", ["0.0", "{0} + {0}"])
def test_a_fix_that_cannot_be_put_into_another_is_refused(reports_on, text):
    (report,) = reports_on(LOSS + CASE + NESTED, "target.py:twice")
    inner, outer = sorted((f for f in report.findings if f.verified), key=lambda f: len(f.span.text))
    assert inner.span.text in outer.span.text
    outer = replace(outer, fix=replace(outer.fix, text=text.format(inner.span.text)))
    with pytest.raises(
        PatchError, match=r"no patch: the fixes at target.py:25:12 and target.py:25:13 change"
    ):
        verified_patch("target.py:twice", [replace(report, findings=(inner, outer))], PLAIN)


def test_where_the_patched_source_is_no_python_that_is_said(actor):
    broken = [f if f.fix is None else replace(f, fix=replace(f.fix, text="(")) for f in actor.findings]
    with pytest.raises(PatchError, match=r"with the fixes in the source, .*bandit.py could not be imported"):
        verified_patch("bandit.py:actor", [replace(actor, findings=tuple(broken))], OPTIONS)

"""A patch is written only after it was run."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from gradcheck.cli import app
from gradcheck.findings import Finding, Fix
from gradcheck.loading import load
from gradcheck.options import Options
from gradcheck.patching import PatchError, verified_patch
from gradcheck.pipeline import diff_factory

EXAMPLE = pathlib.Path(__file__).parent.parent / "examples" / "bandit.py"


@pytest.fixture
def bandit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return shutil.copy(EXAMPLE, tmp_path / "bandit.py").name


def diff(*arguments):
    return CliRunner().invoke(app, ["diff", *arguments, "--set", "samples=12"], catch_exceptions=False)


def apply(patch):
    """Apply a unified diff of one hunk that replaces one line, as `patch -p1` would."""
    head, _, hunk, *body = pathlib.Path(patch).read_text().splitlines(keepends=True)
    path = pathlib.Path(head.removeprefix("--- a/").strip())
    lines = path.read_text().splitlines(keepends=True)
    place = int(hunk.split()[1].removeprefix("-").split(",")[0]) - 1
    old = [line[1:] for line in body if line[0] in " -"]
    assert lines[place : place + len(old)] == old
    lines[place : place + len(old)] = [line[1:] for line in body if line[0] in " +"]
    path.write_text("".join(lines))


def test_the_patched_bandit_is_equivalent(bandit):
    before = pathlib.Path(bandit).read_text()
    assert diff(f"{bandit}:actor", "--patch", "fix.diff").exit_code == 1
    assert pathlib.Path(bandit).read_text() == before
    assert (
        "+        return -tf.reduce_mean(tf.squeeze(advantages, axis=1) * "
        in pathlib.Path("fix.diff").read_text()
    )
    apply("fix.diff")
    assert diff(f"{bandit}:actor").exit_code == 0


def test_there_is_no_patch_for_what_is_equivalent(bandit):
    result = diff(f"{bandit}:actor_fixed", "--patch", "fix.diff")
    assert result.exit_code == 2
    assert "no patch" in result.stderr
    assert not pathlib.Path("fix.diff").exists()


def test_a_fix_that_does_not_help_in_the_source_is_refused(bandit):
    options = Options(settings={"samples": 12})
    (factory,) = load(f"{bandit}:actor")
    report = diff_factory(factory, options)
    wrong = [_with_other_text(finding) for finding in report.findings]
    with pytest.raises(PatchError, match="`actor` is different"):
        verified_patch(f"{bandit}:actor", [replace(report, findings=tuple(wrong))], options)


def _with_other_text(finding: Finding) -> Finding:
    if finding.fix is None:
        return finding
    return replace(
        finding, fix=Fix(text="advantages * tf.math.log(action_probs)", residual=finding.fix.residual)
    )


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

"""The GitHub Action, the pre-commit hook and the problem matcher do on a sample repository what is documented."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest
import yaml

from support.project import ROOT

ACTION = ROOT / ".github" / "actions" / "gradcheck"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
PYTHON = sys.executable

CASES = """
import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([[1.0], [2.0]])


def right(x):
    return tf.reduce_mean(tf.abs(x @ w))


def wrong(x):
    return tf.reduce_sum(tf.abs(x @ w))


def case(candidate):
    batch = {"x": np.random.default_rng(0).normal(size=(6, 2)).astype("float32")}
    return gradcheck.Case(reference=right, candidate=candidate, batch=batch, variables=[w])


@gradcheck.case
def good():
    return case(right)


@gradcheck.case
def bad():
    return case(wrong)
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return the folder of a repository with a right case and a wrong one; one works there."""
    (tmp_path / "cases.py").write_text(CASES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def installed(python_with_tensorflow, monkeypatch, tmp_path_factory):
    """Put a `python` and a `gradcheck` on the PATH."""
    program = tmp_path_factory.mktemp("bin") / "gradcheck"
    program.write_text(f'#!/bin/sh\nexec {python_with_tensorflow} -m gradcheck "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    python = pathlib.Path(python_with_tensorflow)
    monkeypatch.setenv("PATH", f"{program.parent}:{python.parent}:{os.environ['PATH']}")


def steps(**inputs):
    """Return the steps of the action with its inputs filled in, as a runner does."""
    action = yaml.safe_load((ACTION / "action.yml").read_text())
    given = {name: each.get("default", "") for name, each in action["inputs"].items()} | inputs
    assert action["runs"]["using"] == "composite" and set(given) == set(action["inputs"])
    for step in action["runs"]["steps"]:
        variables = {
            name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
            for name, value in step.get("env", {}).items()
        }
        assert "${{" not in step["run"]  # what is given becomes a variable, never part of the script
        yield step["run"], variables


def ran(script, variables):
    """Run one step as GitHub runs `shell: bash`."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={**os.environ, "GITHUB_ACTION_PATH": str(ACTION), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("installed")
def test_the_action_annotates_what_is_wrong_and_fails_and_the_twin_what_is_right_passes(repository):
    (found, _), (compare, given) = steps(targets="cases.py:good\n  cases.py:bad", options="--budget 0")
    assert "gradcheck " in ran(found, {}).stdout
    ended = ran(compare, given)
    assert ended.returncode == 1, ended.stderr
    assert (
        ended.stdout.startswith("::error file=cases.py,")
        and "title=gradcheck%3A bad is different" in ended.stdout
    )
    *_, (compare, given) = steps(targets="cases.py:good", options="--write-baseline --baseline $HOME;*")
    ended = ran(compare, given)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert (repository / "$HOME;*").exists()  # nothing of it means anything to a shell


def test_the_action_installs_its_own_version_where_there_is_none(repository):
    (repository / "python").write_text('#!/bin/sh\necho "$*"\ntest "$2" != gradcheck\n')
    (repository / "python").chmod(0o755)
    (script, _), _ = steps(targets="x")
    lines = ran(script, {"PATH": f"{repository}:{os.environ['PATH']}"}).stdout.splitlines()
    assert lines[1].startswith("-m pip install ")
    assert pathlib.Path(lines[1].split()[-1]).samefile(ROOT)


def test_the_hook_runs_a_command_that_exists(repository, cli):
    (hook,) = yaml.safe_load(HOOKS.read_text())
    program, *arguments = shlex.split(hook["entry"])
    assert (program, hook["pass_filenames"]) == ("gradcheck", False)
    assert cli(*arguments, "cases.py:good").code == 0
    assert cli(*arguments, "cases.py:good", "cases.py:bad").code == 1


def git(folder, *arguments):
    named = ("-c", "user.name=a", "-c", "user.email=a@b")
    command = ["git", *named, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.usefixtures("installed")
def test_the_hook_runs_under_pre_commit(repository, tmp_path_factory):
    pytest.importorskip("pre_commit")
    published = tmp_path_factory.mktemp("published")
    (published / HOOKS.name).write_text(HOOKS.read_text())
    for folder in (published, repository):
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "all")
    for name, code in (("good", 0), ("bad", 1)):
        hook = {"id": "gradcheck", "args": [f"cases.py:{name}"]}
        source = {"repo": str(published), "rev": git(published, "rev-parse", "HEAD"), "hooks": [hook]}
        (repository / ".pre-commit-config.yaml").write_text(yaml.dump({"repos": [source]}))
        git(repository, "add", ".pre-commit-config.yaml")
        command = [PYTHON, "-m", "pre_commit", "run", "--all-files", "--hook-stage", "manual"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert ("Failed" if code else "Passed") in ended.stdout


PAGE = (ROOT / "docs" / "integrations.md").read_text()


def test_the_documentation_uses_the_action_and_the_hook_as_they_are():
    action, hook = map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", PAGE, re.S))
    (used,) = [step for step in action if "gradcheck" in step.get("uses", "")]
    assert used["uses"].startswith(f"example/gradcheck/{ACTION.relative_to(ROOT)}@")
    assert set(used["with"]) == set(yaml.safe_load((ACTION / "action.yml").read_text())["inputs"])
    assert [each["id"] for each in hook[0]["hooks"]] == [
        each["id"] for each in yaml.safe_load(HOOKS.read_text())
    ]


def problems(matcher, output):
    """Return what an editor would list: severity, code, message, file, line and column of each."""
    lines = output.splitlines()
    for pair in itertools.pairwise(lines):
        found = {}
        for line, pattern in zip(pair, matcher["pattern"], strict=True):
            if match := re.match(pattern["regexp"], line):
                found |= {name: match[group] for name, group in pattern.items() if name != "regexp"}
        if {"code", "file"} <= found.keys():
            yield found | {"severity": found["severity"] or matcher["severity"]}


def test_the_problem_matcher_finds_each_finding_at_its_place(repository, cli, monkeypatch):
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    (task,) = json.loads(text)["tasks"]
    for name, value in task["options"]["env"].items():
        monkeypatch.setenv(name, value)
    (bad,) = problems(task["problemMatcher"], cli("diff", "cases.py:bad").out)
    assert (bad["severity"], bad["code"], bad["file"], bad["line"]) == (
        "error",
        "reduction",
        "cases.py",
        "15",
    )
    assert list(problems(task["problemMatcher"], cli("diff", "cases.py:good").out)) == []
    monkeypatch.setenv("COLUMNS", "30")
    assert list(problems(task["problemMatcher"], cli("diff", "cases.py:bad").out)) == []

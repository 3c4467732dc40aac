"""What a project sets for its options."""

from __future__ import annotations

import textwrap

import pytest


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a function that writes a project's settings; its working directory is a folder in it."""
    folder = tmp_path / "project" / "losses"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)

    def write(text, where=folder.parent):
        (where / "pyproject.toml").write_text(textwrap.dedent(text))

    return write


def shown_default(cli, option):
    """Return the default that the help of `diff` shows for an option."""
    text = " ".join(cli("diff", "--help").out.split())
    return text.partition(f"{option} ")[2].partition("[default: ")[2].partition("]")[0]


def test_an_option_has_the_value_that_the_project_sets(cli, project):
    assert shown_default(cli, "--trials") == "1"
    project("[tool.gradcheck.diff]\ntrials = 4\n")
    assert shown_default(cli, "--trials") == "4"


def test_the_command_line_takes_precedence(cli, project, target):
    project("[tool.gradcheck.explain]\n[tool.gradcheck.diff]\nformat = 'json'\n")
    missing = target("x = 1")
    assert "[default: json]" in " ".join(cli("diff", "--help").out.split())
    assert cli("diff", missing, "--format", "table").out == ""


def test_the_nearest_table_counts(cli, project, tmp_path):
    project("[tool.gradcheck.diff]\ntrials = 4\n", tmp_path)
    project("[tool.other]\nx = 1\n")
    assert shown_default(cli, "--trials") == "4"
    project("[tool.gradcheck.diff]\ntrials = 5\n")
    assert shown_default(cli, "--trials") == "5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.gradcheck.dif]", "[tool.gradcheck.dif]: there is no such command; did you mean diff?"),
        ("[tool.gradcheck.diff]\ntrails = 1", "trails: there is no such option; did you mean trials?"),
        ("[tool.gradcheck.diff]\ntarget = 'x'", "target: there is no such option"),
        ("[tool.gradcheck]\ndiff = 3", "expected a table of options"),
        ("[tool.gradcheck.diff]\ntrials = 0", "'--trials': 0: expected a whole number, 1 or more"),
        ("[tool.gradcheck.diff]\ntrials = [", "cannot read"),
        ("[tool.gradcheck]\nseverity = { dead = 'error' }", "dead = 'error': expected 'suspicion' or 'note'"),
        ("[tool.gradcheck]\nseverity = { ded = 'note' }", "there is no such code; did you mean dead?"),
        ("[tool.gradcheck]\nseverity = 'note'", "expected a table such as"),
        ("[tool.gradcheck]\npaths = 'losses.py'", "paths: expected a list such as"),
        ("[tool.gradcheck]\npaths = ['/losses.py']", "paths: expected paths from the folder"),
    ],
)
def test_what_is_wrong_with_the_settings_is_said(cli, project, text, said):
    project(text)
    outcome = cli("diff", "losses.py")
    assert outcome.code == 2
    assert said in outcome.err


def test_a_broken_file_of_somebody_elses_is_passed_over(cli, project):
    project("[[")
    assert shown_default(cli, "--trials") == "1"


NO_TARGET = "error: name a TARGET, such as FILE.py, or set `paths` in [tool.gradcheck] of pyproject.toml\n"


def test_without_a_target_the_paths_of_the_project_are_compared(cli, project, target):
    assert cli("diff").err == NO_TARGET
    case = "import gradcheck\n\n@gradcheck.case\ndef {}():\n    raise ValueError('ran')\n"
    target(case.format("one"), "project/losses/one.py")
    target(case.format("two"), "project/losses/deep/two.py")
    target("x = 1", "project/losses/none.py")
    for paths, names in (
        (["losses/one.py"], ["one"]),
        (["losses/**/*.py"], ["two", "one"]),  # a file that a pattern matches need not have a case
        (["losses/deep/two.py:two", "losses/one.py"], ["two", "one"]),
    ):
        project(f"[tool.gradcheck]\npaths = {paths}\n")
        outcome = cli("diff")
        assert [line.split()[1] for line in outcome.err.splitlines() if line.startswith("error: ")] == [
            f"{name}:" for name in names
        ], outcome.err


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ("losses/none.py", "losses/none.py has no case"),
        ("losses/no*.py", "no case in any of 1 files"),
        ("x/*.py", "no Python file matches x/*.py"),
    ],
)
def test_paths_that_hold_no_case_at_all_are_an_error(cli, project, target, paths, said):
    target("x = 1", "project/losses/none.py")
    project(f"[tool.gradcheck]\npaths = ['{paths}']\n")
    outcome = cli("diff")
    assert outcome.code == 2
    assert said.removeprefix("losses/") in outcome.err

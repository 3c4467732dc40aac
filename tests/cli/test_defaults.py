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

"""The case that `gradcheck new` writes: it runs, it is clean, and it never replaces a file."""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import subprocess

import pytest

from gradcheck.cli.template import TEMPLATE


@pytest.fixture
def new(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = cli("new", "my_case.py")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "wrote my_case.py; try it: gradcheck diff my_case.py\n"
    return tmp_path / "my_case.py"


def test_what_is_written_runs_as_it_is(new, cli):
    outcome = cli("diff", new.name)
    assert outcome.code == 0, outcome.err
    assert "loss  EQUIVALENT" in outcome.out


def test_the_mistake_that_its_comment_names_is_found(new, cli):
    text = new.read_text()
    assert text.count("model(states)[:, 0]") == 1
    new.write_text(text.replace("model(states)[:, 0]", "model(states)"))
    outcome = cli("diff", new.name)
    assert outcome.code == 1
    assert "error[broadcast]" in outcome.out


def test_what_is_written_names_its_own_file(new):
    assert "\n    gradcheck diff my_case.py\n" in new.read_text()
    assert "{" not in TEMPLATE.format(name="x").replace("{\n", "").replace("        }", "")


@pytest.mark.skipif(shutil.which("ruff") is None, reason="ruff is not installed")
def test_what_is_written_is_clean(new):
    for command in (
        ["check", "--isolated", "--select", "E,F,W,N,UP,B"],
        ["format", "--isolated", "--check"],
    ):
        done = subprocess.run(
            ["ruff", *command, "--line-length", "115", str(new)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name", ['a"""b.py', "a'b c.py", "a\\Nb.py", 'end".py', "a\nb.py", "{b}.py", os.fsdecode(b"a\xffb.py")]
)
def test_whatever_the_name_what_is_written_is_python_that_names_its_file(cli, tmp_path, name):
    path = tmp_path / name
    outcome = cli("new", path)
    assert (outcome.code, outcome.err) == (0, "")
    shown = shlex.quote(str(path)).encode(errors="replace").decode()
    assert outcome.out.endswith(f"try it: gradcheck diff {shown}\n")
    docstring = ast.get_docstring(ast.parse(path.read_bytes()), clean=False)
    assert f"\n    gradcheck diff {shlex.quote(name)}\n" in docstring


def test_an_existing_file_is_kept(cli, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("mine")
    outcome = cli("new", file)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"error: cannot write {file}: it already exists; choose another name\n"
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("case.txt", "expected a name that ends in .py, such as my_case.py"),
        ("case", "expected a name that ends in .py, such as my_case.py"),
        ("nowhere/case.py", "there is no folder nowhere"),
        ("folder.py", "it already exists; choose another name"),
        ("x" * 300 + ".py", "File name too long"),
    ],
)
def test_what_cannot_be_written_is_said(cli, tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.py").mkdir()
    outcome = cli("new", name)
    assert (outcome.code, outcome.err) == (2, f"error: cannot write {name}: {said}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.py"]

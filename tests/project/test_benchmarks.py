"""The page on costs shows what the benchmarks print."""

import csv
import importlib.util
import subprocess
import types

import pytest

from support.project import ROOT

FOLDER = ROOT / "tests" / "benchmarks"


@pytest.fixture
def benchmarks(monkeypatch, tmp_path):
    """Return the command, with a page of its own."""
    spec = importlib.util.spec_from_file_location("benchmarks_command", FOLDER / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "COSTS", tmp_path / "costs.md")
    return module


def test_each_benchmark_that_the_page_shows_exists(benchmarks):
    shown = benchmarks.commands((ROOT / "docs" / "costs.md").read_text())
    assert "tests/benchmarks/diff_cost.py" in shown
    assert [one for one in shown if not (ROOT / one.split()[0]).is_file()] == []


def test_what_a_benchmark_prints_replaces_what_the_page_shows(benchmarks, monkeypatch):
    """...of the same command: one script may be shown twice, with other arguments."""
    block = "```text\n$ python tests/benchmarks/one.py{}\n{}\n```\n\nBetween.\n"
    shown = [("", "  old 1\n  old 2"), (" 3", "kept"), (" 3 x", "kept")]

    def page(*blocks):
        return "Before.\n\n" + "".join(block.format(*each) for each in blocks)

    benchmarks.COSTS.write_text(page(*shown))
    commands = []

    def run(command, **_):
        commands.append(command[1:])
        return types.SimpleNamespace(stdout="  new\n", returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    benchmarks._rewrite("tests/benchmarks/one.py")
    assert benchmarks.COSTS.read_text() == page(("", "  new"), *shown[1:])
    benchmarks._rewrite("tests/benchmarks/one.py 3")
    assert benchmarks.COSTS.read_text() == page(("", "  new"), (" 3", "  new"), shown[2])
    assert commands == [["tests/benchmarks/one.py"], ["tests/benchmarks/one.py", "3"]]


@pytest.mark.parametrize(
    ("name", "is_it"),
    [("one", True), ("one 3", True), ("one 3 network", True), ("on", False), ("one 1", False), ("3", False)],
)
def test_a_name_stands_for_a_script_or_for_one_of_its_commands(benchmarks, name, is_it):
    assert benchmarks.is_named("tests/benchmarks/one.py 3 network", name) is is_it


def test_the_history_has_a_ratio_in_every_row():
    rows = list(csv.DictReader((FOLDER / "history.csv").open(encoding="utf-8")))
    assert rows
    assert all(float(row["ratio"]) > 0 for row in rows)

"""The page on costs shows what the benchmarks print."""

import csv
import importlib.util
import re
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
    shown = re.findall(benchmarks._SHOWN, (ROOT / "docs" / "costs.md").read_text())
    assert "diff_cost" in shown
    assert [name for name in shown if not (FOLDER / f"{name}.py").is_file()] == []


def test_what_a_benchmark_prints_replaces_what_the_page_shows(benchmarks, monkeypatch):
    page = "Before.\n\n```text\n$ python tests/benchmarks/{}.py 3\n{}\n```\n\nAfter.\n"
    benchmarks.COSTS.write_text(page.format("one", "  old 1\n  old 2") + page.format("other", "kept"))
    commands = []

    def run(command, **_):
        commands.append(command[1:])
        return types.SimpleNamespace(stdout="  new\n", returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    benchmarks._rewrite("one")
    assert commands == [["tests/benchmarks/one.py", "3"]]
    assert benchmarks.COSTS.read_text() == page.format("one", "  new") + page.format("other", "kept")


def test_the_history_has_a_ratio_in_every_row():
    rows = list(csv.DictReader((FOLDER / "history.csv").open(encoding="utf-8")))
    assert rows
    assert all(float(row["ratio"]) > 0 for row in rows)

"""What is imported when. Help has to answer at once; TensorFlow takes seconds."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import gradcheck

HEAVY = ("tensorflow", "keras", "numpy", "rich.console", "hypothesis")
PROBE = """
import sys
{code}
print("imported:", *[name for name in {heavy} if name in sys.modules])
"""
CALL = """
from gradcheck.cli import app
try:
    app({arguments}, prog_name="gradcheck")
except SystemExit as end:
    assert not end.code
"""


def imported_by(code: str, heavy: tuple[str, ...] = HEAVY) -> list[str]:
    command = [sys.executable, "-P", "-c", PROBE.format(code=code, heavy=heavy)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.rpartition("imported:")[2].split()


COMMANDS = ("diff", "shapes", "explain", "fuzz", "new", "run")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)]
)
def test_help_and_version_import_nothing_heavy(arguments):
    assert imported_by(CALL.format(arguments=arguments)) == []


def test_marking_a_case_imports_nothing_heavy():
    assert imported_by("import gradcheck; gradcheck.case(lambda: gradcheck.Case)") == []


def test_comparing_imports_and_the_probe_sees_it():
    heavy = ("gradcheck.comparison.api", "numpy", "tensorflow")
    assert imported_by("import gradcheck; gradcheck.diff", heavy) == ["gradcheck.comparison.api", "numpy"]


def test_searching_imports_hypothesis_and_the_probe_sees_it():
    heavy = ("hypothesis", "tensorflow")
    assert imported_by("import gradcheck; gradcheck.fuzz", heavy) == ["hypothesis"]


def test_version(cli):
    outcome = cli("--version")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"gradcheck {gradcheck.__version__}\n", "")


def test_help_without_arguments_names_the_commands(cli):
    outcome = cli("--help")
    assert outcome.code == 0
    assert "diff" in outcome.out


def test_every_public_name_is_there():
    assert [name for name in gradcheck.__all__ if not hasattr(gradcheck, name)] == []
    assert set(dir(gradcheck)) >= set(gradcheck.__all__)
    assert not hasattr(gradcheck, "no_such_name")


def test_no_module_shadows_a_public_name():
    modules = {path.stem for path in pathlib.Path(gradcheck.__file__).parent.iterdir()}
    assert modules.isdisjoint(name for name in gradcheck.__all__ if name != "__version__")

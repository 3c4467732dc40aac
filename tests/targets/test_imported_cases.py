"""Cases that a file imports are compared with its own, and it is said where they come from."""

from gradcheck.targets.chosen import Chosen, imported_cases
from gradcheck.targets.loading import load

CASE = "import gradcheck\n\n@gradcheck.case\ndef {name}():\n    raise NotImplementedError\n"


def said_of(path):
    return imported_cases(Chosen(str(path)), load(str(path)))


def test_imported_cases_are_named_beside_those_of_the_file(tmp_path):
    (tmp_path / "first_losses.py").write_text(CASE.format(name="actor"))
    second = tmp_path / "second_losses.py"
    second.write_text(f"from first_losses import *\n{CASE.format(name='critic')}")
    said = said_of(second)
    assert said.startswith("`actor` of ") and "first_losses.py, which it imports" in said
    assert "`critic`" not in said


def test_of_a_files_own_cases_and_of_one_that_only_gathers_nothing_is_said(tmp_path):
    own = tmp_path / "own_losses.py"
    own.write_text(CASE.format(name="actor") + CASE.format(name="critic"))
    gathers = tmp_path / "gathered.py"
    gathers.write_text("from own_losses import actor, critic\n")
    assert said_of(own) == said_of(gathers) == ""

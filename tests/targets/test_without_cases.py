"""A script that trains is not run to find that it has no case; a file that may have one is loaded."""

import pytest

from gradcheck.errors import NoCaseError
from gradcheck.targets.loading import load
from gradcheck.targets.without_cases import trains_and_has_no_case

RUNS = "open(r'{ran}', 'w').close()\n"
SCRIPT = "import argparse\nimport numpy as np\nfrom keras import layers\n" + RUNS
CASE = "import gradcheck\n@gradcheck.case\ndef one():\n    return None\n"


def test_a_script_without_a_case_is_refused_before_it_runs(tmp_path):
    ran, script = tmp_path / "ran", tmp_path / "train.py"
    script.write_text(SCRIPT.format(ran=ran))
    with pytest.raises(
        NoCaseError, match=r"gradcheck run --save-case case\.py .*train\.py writes one\. It was not run$"
    ):
        load(str(script))
    assert not ran.exists()


MAY = {
    "of its own": "from gradcheck import case",
    "of another file": "from losses_of_mine import one",
    "of all names of another file": "from losses_of_mine import *",
    "of a package that is not there": "from no_such_package_at_all import one",
    "of a relative import": "from . import losses",
    "made by exec": "exec('import gradcheck')",
    "made by importlib": "import importlib",
    "no Python": "def",
}


@pytest.mark.parametrize("how", MAY)
def test_a_file_that_may_have_a_case_is_loaded(how, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "losses_of_mine.py").write_text(CASE)
    file = tmp_path / "may.py"
    file.write_text("import tensorflow as tf\n" + MAY[how])
    assert not trains_and_has_no_case(file)


def test_a_case_that_another_file_has_is_found(tmp_path):
    (tmp_path / "cases_of_another_file.py").write_text(CASE)
    file = tmp_path / "all_cases.py"
    file.write_text("from cases_of_another_file import one\n")
    assert [factory.name for factory in load(str(file))] == ["one"]

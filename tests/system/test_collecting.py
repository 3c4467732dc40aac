"""Garbage collections while much is made, in a process without TensorFlow.

A collection of everything frees what other tests left, too. An iterator of tf.data that tunes itself, as those of
`fit` do, then waits for its thread, which sleeps for up to a minute.
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).with_name("collecting_alone.py")
NAMES = re.findall(r"^def (test_\w+)", TESTS.read_text(encoding="utf-8"), re.M)


@pytest.fixture(scope="module")
def told():
    options = ["-c", os.devnull, "--noconftest", "-p", "no:cacheprovider", "-rA"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(TESTS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "300"},
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_what_is_collected_and_when(told, name):
    assert re.search(rf"^PASSED \S*::{name}$", told, re.M), told


def test_its_twin_a_test_that_is_not_there_has_not_passed(told):
    assert not re.search(r"^PASSED \S*::test_of_another_name$", told, re.M)
    assert len(re.findall(r"^PASSED", told, re.M)) == len(NAMES)

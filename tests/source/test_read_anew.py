"""What was read of a file is kept until the file is another one, and no longer."""

from __future__ import annotations

import linecache
import os

import pytest

from gradcheck.source import Span, read_anew, reason_given
from gradcheck.source.trees import tree


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a file, each time with a time of change of its own."""
    path, times = tmp_path / "losses.py", iter(range(1, 100))

    def write(text):
        path.write_text(text)
        os.utime(path, (0, next(times)))
        return str(path)

    return write


def test_a_file_that_stayed_the_same_is_not_parsed_again(file):
    name = file("x = 1\n")
    read_anew()
    before = tree(name)
    read_anew()
    assert tree(name) is before


@pytest.mark.parametrize("noticed", [False, True])
def test_one_that_was_edited_is_read_again_whoever_has_noticed_it_first(file, noticed):
    name = file("x = 1\n")
    read_anew()
    before = tree(name)
    file("y = 1\n")
    if noticed:  # as a traceback that is printed does
        linecache.checkcache()
        linecache.getlines(name)
    read_anew()
    assert tree(name) is not before
    assert tree(name).body[0].targets[0].id == "y"


def test_a_comment_that_was_added_counts(file):
    name = file("a = b\n")
    span = Span(name, 1, 5, 1, 6, "b")
    assert reason_given(span) is None
    file("a = b  # gradcheck: ok - a copy\n")
    read_anew()
    assert reason_given(span) == "a copy"


def test_a_comment_within_a_text_is_none(file):
    name = file('a = "# gradcheck: ok - no"\n')
    assert reason_given(Span(name, 1, 5, 1, 27, "")) is None

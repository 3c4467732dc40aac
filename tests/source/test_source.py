"""Files and spans, as they are shown."""

from __future__ import annotations

import linecache
import pathlib
import sys

import pytest

from gradcheck.repair.merge_edits import both_changes
from gradcheck.source import Site, line_span, shown_path, source_lines, span_of, statement_at
from gradcheck.source.writing import _end_of_arguments


def test_a_file_below_the_working_directory_is_shown_relative_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "losses" / "actor.py")) == str(pathlib.Path("losses", "actor.py"))
    assert shown_path("/elsewhere/actor.py") == "/elsewhere/actor.py"


@pytest.mark.skipif(sys.platform == "win32", reason="a working directory cannot be deleted there")
def test_a_deleted_working_directory_leaves_paths_and_source_as_they_are(tmp_path, monkeypatch):
    file, folder = tmp_path / "actor.py", tmp_path / "deleted"
    file.write_text("loss = 1.0\n")
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    span = line_span(str(file), 1)
    assert shown_path(str(file)) == span.file == str(file)
    assert source_lines(span) == ["loss = 1.0"]


@pytest.mark.parametrize(
    "call",
    [
        "f(x|)",
        "f(|)",
        "f(x|,)",
        "f((a + b)|)",
        "f(x, axis=0|)",
        "f(\n    x|  # one number\n)",
        "f(\n    x|,  # one, number)\n)",
        "f('#)'|)",
        "f(a)(b)[0](x|)",
    ],
)
def test_an_argument_is_added_behind_the_last_one_whatever_follows_it(call):
    before, _, after = call.partition("|")
    assert _end_of_arguments(before + after) == len(before)


def test_what_is_no_call_has_no_arguments():
    assert _end_of_arguments("x[0]") is None
    assert _end_of_arguments("f(x") is None


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("tf.reduce_sum(x, axis=0)", "tf.reduce_mean(x, axis=1)", "tf.reduce_sum(x, axis=1)"),
        ("tf.reduce_mean(-x, axis=0)", "-tf.reduce_mean(x, axis=0)", "-tf.reduce_mean(-x, axis=0)"),
        ("tf.reduce_mean(y, axis=0)", "tf.reduce_mean(z, axis=0)", None),
        ("f(x)", "tf.reduce_mean(x, axis=1)", None),
    ],
)
def test_two_changes_of_one_text_are_put_together_where_they_are_apart(one, other, both):
    original = "tf.reduce_mean(x, axis=0)"
    assert both_changes(original, one, other) == both
    assert both_changes(original, other, one) == both


def test_what_is_kept_of_other_code_of_the_same_name_is_no_source(monkeypatch):
    """Python 3.13 keeps the text of `python -c` under the name that `eval` gives to all that it compiles."""
    other = "what = 'ran first'\n"
    monkeypatch.setitem(linecache.cache, "<string>", (len(other), None, [other], "<string>"))
    assert linecache.getline("<string>", 1) == other
    site = Site(eval("lambda x: x + 1").__code__, 4)
    assert (span_of(site).text, statement_at(site).text, line_span("<string>", 1).text) == ("", "", "")

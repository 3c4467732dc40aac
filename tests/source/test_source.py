"""Files and spans, as they are shown."""

from __future__ import annotations

import linecache
import pathlib
import sys

import pytest

from gradcheck.source import Site, line_span, shown_path, source_lines, span_of, statement_at
from gradcheck.source.syntax import Written


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


REWRITTEN = {
    "f(x)": "f(x, axis=1)",
    "f()": "f(axis=1)",
    "f((a + b))": "f((a + b), axis=1)",
    "f(x, axis=0)": "f(x, axis=1)",
    "f(x, 0)": "f(x, 1)",
    "f(\n    x  # one number\n)": "f(\n    x, axis=1  # one number\n)",
    "f(\n    x,  # one, number)\n    k=2,  # two\n)": "f(\n    x,  # one, number)\n    k=2, axis=1,  # two\n)",
    "f('#)')": "f('#)', axis=1)",
    "f(a)(b)[0](x)": None,
    "x[0]": None,
    "f(x": None,
    "f(*x)": None,
}


@pytest.mark.parametrize("call", REWRITTEN)
def test_an_argument_is_set_where_it_is_or_behind_the_last_one_and_comments_stay(call):
    assert Written(call).with_keywords({"axis": "1"}, {"axis": 1}) == REWRITTEN[call]


OPERANDS = {
    "a  +  b": "(-x)  +  b",
    "(a # left\n + b)": "((-x) # left\n + b)",
    "f(a, k=1)": "f(-x, k=1)",
    "-a": "-(-x)",
    "a < b": "(-x) < b",
    "a[1:]": "(-x)[1:]",
    "a += b": None,
    "%magic a": None,
}


@pytest.mark.parametrize("text", ["", " ", "# a comment", "\n", "*a", "a +"])
def test_what_is_no_expression_has_no_parts(text):
    written = Written(text)
    assert (written.operands, written.function, written.operator) == ([], "", "")
    assert written.with_operands({0: "x"}) is None


@pytest.mark.parametrize("text", OPERANDS)
def test_an_operand_is_replaced_in_parentheses_where_it_needs_them(text):
    assert Written(text).with_operands({0: "-x"}) == OPERANDS[text]


def test_what_is_between_two_operands_stays_when_the_operator_changes():
    assert Written("(a  # keep -\n   // b)").with_operator("/") == "(a  # keep -\n   / b)"
    assert Written("x -= f(y)").with_operator("+") == "x += f(y)"
    assert Written("a<b").with_operator(">") == "a>b"
    assert Written("f(x)").with_operator("+") is None


def test_both_of_two_operands_are_replaced_by_each_other():
    assert Written("tf.f(a,  b)").with_operands({0: "b", 1: "a"}) == "tf.f(b,  a)"


def test_what_is_kept_of_other_code_of_the_same_name_is_no_source(monkeypatch):
    """Python 3.13 keeps the text of `python -c` under the name that `eval` gives to all that it compiles."""
    other = "what = 'ran first'\n"
    monkeypatch.setitem(linecache.cache, "<string>", (len(other), None, [other], "<string>"))
    assert linecache.getline("<string>", 1) == other
    site = Site(eval("lambda x: x + 1").__code__, 4)
    assert (span_of(site).text, statement_at(site).text, line_span("<string>", 1).text) == ("", "", "")

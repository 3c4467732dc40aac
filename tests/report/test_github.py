"""GitHub's workflow commands. They are read back as GitHub's runner reads them."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gradcheck.comparison.report import could_not_check
from gradcheck.findings import Finding, Fix
from gradcheck.report import github
from gradcheck.report.github import to_github
from gradcheck.source import Span
from support.reports import a_proof, a_report

SPAN = Span("examples/loss.py", 66, 32, 66, 70, "a * b")
TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("%:,\r\n =25ADC[]"))


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Parse a command in the way of the runner: split first, then undo the escapes, `%25` last."""
    level, properties, message = re.fullmatch(r"::(\w+) ([^\n\r]*?)::([^\n\r]*)", line).groups()
    pairs = [pair.split("=", 1) for pair in properties.split(",")]
    return level, {key: unescaped(value) for key, value in pairs}, unescaped(message)


def unescaped(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def commands(*reports: object) -> list[tuple[str, dict[str, str], str]]:
    text = to_github(reports)
    assert text.endswith("\n")
    return [read(line) for line in text[:-1].split("\n")]


def finding(**changes: object) -> Finding:
    return Finding(
        **{"cause": "broadcast", "message": "both operands are broadcast", "span": SPAN, **changes}
    )


def test_a_finding_is_one_line_at_its_place():
    report = a_report(verdict="equivalent", findings=(finding(),))
    assert to_github([report]) == (
        "::warning file=examples/loss.py,line=66,endLine=66,col=32,endColumn=70,"
        "title=gradcheck%3A broadcast (case)::both operands are broadcast\n"
    )


def test_columns_are_left_out_of_what_spans_several_lines():
    span = Span("loss.py", 3, 5, 4, 9, "a\n * b")
    ((_, properties, _),) = commands(a_report(verdict="equivalent", findings=(finding(span=span),)))
    assert properties == {
        "file": "loss.py",
        "line": "3",
        "endLine": "4",
        "title": "gradcheck: broadcast (case)",
    }


@pytest.mark.parametrize(
    ("severity", "level"), [("error", "error"), ("suspicion", "warning"), ("note", "notice")]
)
def test_the_level_follows_the_severity(severity, level):
    ((found, _, _),) = commands(a_report(verdict="equivalent", findings=(finding(severity=severity),)))
    assert found == level


REFERENCE = Span("examples/loss.py", 12, 5, 13, 9, "a\n  + b")


def test_the_references_expression_stands_below_the_message_where_it_is_known():
    report = a_report(verdict="equivalent", findings=(finding(reference=REFERENCE), finding()))
    (_, _, known), (_, _, unknown) = commands(report)
    assert known == "both operands are broadcast\nreference: examples/loss.py:12:5: a + b"
    assert unknown == "both operands are broadcast"


def test_notes_come_below_the_message():
    ((_, _, message),) = commands(a_report(verdict="equivalent", findings=(finding(notes=("a", "b")),)))
    assert message == "both operands are broadcast\na\nb"


def test_a_fix_comes_last():
    fixed = finding(notes=("a",), fix=Fix(text="b * a"), proof=a_proof())
    ((_, _, message),) = commands(a_report(verdict="equivalent", findings=(fixed,)))
    proved = "tried: with it the gradients agree to 1e-16, on a second batch too (6 samples)"
    assert message == f"both operands are broadcast\na\nfix: b * a\n{proved}"


@pytest.mark.parametrize("verdict", ["different", "unstable", "vacuous", "inconclusive"])
def test_a_case_that_is_not_equivalent_is_an_error_at_its_candidates_loss(verdict):
    ((level, properties, message),) = commands(a_report(verdict=verdict, span=SPAN, reason="why"))
    assert (level, properties["file"], properties["line"]) == ("error", "examples/loss.py", "66")
    assert (properties["title"], message) == (f"gradcheck: case is {verdict}", "why")


def test_an_equivalent_case_says_nothing():
    assert to_github([a_report(verdict="equivalent")]) == ""


def test_a_case_that_could_not_be_run_has_no_place():
    ((level, properties, message),) = commands(could_not_check("case", "it raised:\n\nboom"))
    assert (level, message) == ("error", "it raised:\n\nboom")
    assert properties == {"title": "gradcheck: case is inconclusive"}


@given(name=TEXT, reason=TEXT, file=TEXT)
def test_whatever_the_text_it_is_read_back_as_it_was(name, reason, file):
    span = Span(file, 1, 2, 1, 3, "x")
    ((_, properties, message),) = commands(a_report(name=name, reason=reason, span=span))
    assert properties["title"] == f"gradcheck: {name} is different"
    assert properties["file"] == file
    assert message == reason


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("100%", "100%25"),
        ("%0A", "%250A"),
        ("a\nb\r\nc", "a%0Ab%0D%0Ac"),
        ("a: b, c", "a: b, c"),
    ],
)
def test_escapes_of_a_message(text, escaped):
    assert to_github([could_not_check("case", text)]).endswith(f"::{escaped}\n")


@pytest.mark.parametrize("broken", ["_escape", "_escape_property"])
def test_without_escaping_the_text_is_not_read_back(monkeypatch, broken):
    name = reason = "50%25, a: b\nc"
    assert commands(a_report(name=name, reason=reason))[0][2] == reason
    monkeypatch.setattr(github, broken, lambda text: text)
    with pytest.raises((AssertionError, AttributeError, ValueError)):
        ((_, properties, message),) = commands(a_report(name=name, reason=reason))
        assert (properties["title"], message) == (f"gradcheck: {name} is different", reason)

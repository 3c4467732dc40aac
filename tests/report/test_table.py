"""The report as people read it. With GRADCHECK_UPDATE=1 the reports in golden/ are written anew."""

import functools
import io
import os
import pathlib
import re
import runpy
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

import gradcheck
from gradcheck.cli import output
from gradcheck.comparison.report import SearchReport
from gradcheck.findings import Fix, Operand
from gradcheck.report.html import to_fragment
from gradcheck.report.table import render, summary, to_text
from gradcheck.report.wording import on_search
from gradcheck.source import Span
from support.project import ROOT
from support.reports import a_finding, a_proof, a_report, a_span, masked, reports

GOLDEN = pathlib.Path(__file__).parent / "golden"


def lines_of(text):
    return [line.rstrip() for line in text.splitlines()]


@functools.cache
def report_on(name):
    return gradcheck.diff(runpy.run_path("examples/bandit.py")[name])


def printed_on(name):
    report = report_on(name)
    return output.printed([render(report), summary([report])], io.StringIO())


def test_what_a_baseline_has_is_counted_as_known_and_not_as_a_failure():
    new, known = a_report(), a_report(known=True)
    assert summary([new, known]).plain == "2 cases: 1 different, 1 known"
    assert summary([new]).plain == "1 case: 1 different"


def test_a_search_that_was_cut_says_how_far_it_came_and_not_that_this_was_the_limit():
    cut = a_report(search=SearchReport(tried=5, work=126_382, cut="work"))
    assert on_search(cut).startswith(
        "the search reached its limit after 126,382 replayed ops (--work raises it)"
    )
    assert "limit" not in on_search(a_report(search=SearchReport(tried=5, work=126_382, cut=None)))


@pytest.mark.parametrize("name", ["actor", "critic"])
def test_the_bandit(monkeypatch, name):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        out = printed_on(name)
        golden = GOLDEN / f"{name}-{width}.txt"
        if os.environ.get("GRADCHECK_UPDATE") == "1":
            golden.write_text(out, encoding="utf-8")
        assert masked(out) == masked(golden.read_text(encoding="utf-8"))
        assert max(map(cell_len, out.splitlines())) <= width


def test_the_pictures_of_the_readme_show_what_is_printed(monkeypatch):
    maker = runpy.run_path(str(ROOT / "docs" / "make_screenshot.py"))
    assert maker["ARGUMENTS"] == ("diff", "examples/bandit.py:actor")
    monkeypatch.chdir(ROOT)
    for variable, value in maker["ENVIRONMENT"].items():
        monkeypatch.setenv(variable, value)
    out = printed_on("actor")
    for path, theme in maker["PICTURES"].items():
        assert words(maker["picture"](out, theme)) == words(path.read_text(encoding="utf-8"))


def words(svg):
    """Return the texts of a picture with their styles, figures masked."""
    texts = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return [(text.get("class"), masked(text.text or "")) for text in texts]


def shown(finding, width=80):
    return lines_of(to_text(a_report(findings=(finding,)), width))


def printed(report, width, **settings):
    console = Console(file=io.StringIO(), width=width, legacy_windows=False, **settings)
    console.print(render(report))
    return console.file.getvalue()


@given(report=reports(), width=st.sampled_from([80, 120]))
def test_nothing_is_wider_than_the_terminal(report, width):
    assert max(map(cell_len, to_text(report, width).splitlines())) <= width


@given(report=reports(), width=st.sampled_from([80, 120]))
def test_colours_change_nothing_but_the_colour(report, width):
    plain = printed(report, width, color_system=None)
    coloured = printed(report, width, force_terminal=True, color_system="truecolor")
    assert "\x1b[" in coloured
    assert [Text.from_ansi(line).plain.rstrip() for line in coloured.splitlines()] == lines_of(plain)


@pytest.mark.parametrize("markup", ["[red]", "[/red]", "dense[kernel]", "[link=x]", ":smile:", r"\[b]"])
def test_what_looks_like_markup_is_shown_as_it_is(markup):
    span = a_span(f"loss = {markup}", markup)
    finding = a_finding(span, message=markup, notes=(markup,), fix=Fix(text=markup), proof=a_proof())
    report = a_report(name=markup, path=markup, reason=markup, span=span, findings=(finding,))
    assert to_text(report).count(markup) == 9  # name, reason, two losses, path, message, source, note, fix


@pytest.mark.parametrize("before", [0, 40, 70, 200])
@pytest.mark.parametrize("after", [0, 40, 200])
def test_marks_stay_below_what_they_mark_however_long_the_line_is(before, after):
    source = f"    {'x' * before}(left * right){'y' * after}"
    left, right = a_span(source, "left"), a_span(source, "right")
    finding = a_finding(
        a_span(source, "left * right"),
        operands=(Operand(span=left, shape=(7, 1)), Operand(span=right, shape=(7,))),
    )
    lines = shown(finding)
    row = next(index for index, line in enumerate(lines) if "^" in line)
    line, marks, labels = lines[row - 1 : row + 2]
    assert [line[m.start() : m.end()] for m in re.finditer(r"\^+", marks)] == ["left", "right"]
    assert (labels.index("(7, 1)"), labels.index("(7,)")) == (line.index("left"), line.index("right"))
    assert ("…" in line) == (before + after > 50)


def test_a_long_line_is_cut_between_words():
    source = f"some_name = {' + '.join(f'a_rather_long_name_{n}' for n in range(9))} + (left * right)"
    (line,) = [line for line in shown(a_finding(a_span(source, "(left * right)"))) if "1 | … " in line]
    assert re.match(r"  1 \| … (\+ )?a_rather_long_name_\d \+", line)


def test_an_expression_over_several_lines_is_marked_on_each():
    source = "loss = tf.reduce_mean(\n    tf.square(\n        errors))\n"
    lines = shown(a_finding(a_span(source, source.partition("= ")[2].rstrip())))
    start = lines.index("    |")
    assert lines[start + 1 : start + 7] == [
        "  1 | loss = tf.reduce_mean(",
        "    |        ^^^^^^^^^^^^^^^",
        "  2 |     tf.square(",
        "    |     ^^^^^^^^^^",
        "  3 |         errors))",
        "    |         ^^^^^^^^",
    ]


def test_comments_are_neither_shown_nor_marked():
    source = 'loss = f(  # the "loss"\n    # of each\n    a, "#")  # samples\n'
    lines = shown(a_finding(a_span(source, source[source.index("f(") : source.index("  # samples")])))
    start = lines.index("    |")
    assert lines[start + 1 : start + 6] == [
        "  1 | loss = f(",
        "    |        ^^",
        "  2 |",
        '  3 |     a, "#")',
        "    |     ^^^^^^^",
    ]


def test_a_line_is_not_cut_for_a_comment_behind_it():
    source = "loss = f(a)"
    long = a_span(f"{source}  # {'comment ' * 20}", source[7:])
    assert f"  1 | {source}" in shown(a_finding(long))
    assert f"  1 | {source}" not in shown(a_finding(a_span(f"{source}{'_more' * 40}", source[7:])))


@pytest.mark.parametrize(
    "source",
    [
        "\tloss =\tf(a,\tb)",
        "\t优势 = 概率 * f(a, b)",
        "损失 = f(a,  b)",
        "e\u0301 = f(a, b)",
        "x\t\t= f(a, b)",
    ],
)
@pytest.mark.parametrize("before", [0, 60])
def test_marks_stay_below_what_they_mark_whatever_the_width_of_a_character(source, before):
    source = f"{'x' * before}; {source}" if before else source
    operands = tuple(
        Operand(
            span=span_at(source, source.index("f(") + 2 if name == "a" else source.rindex("b")), shape=shape
        )
        for name, shape in (("a", (7, 1)), ("b", (7,)))
    )
    lines = shown(a_finding(a_span(source, source[source.index("f(") :]), operands=operands))
    row = next(index for index, line in enumerate(lines) if "^" in line)
    line, marks, labels = lines[row - 1 : row + 2]
    call = line[line.index("f(") :]
    cells = [cell_len(line[: len(line) - len(call) + at]) for at in (call.index("a"), call.index("b"))]
    assert [mark.start() for mark in re.finditer(r"\^", marks)] == cells
    assert labels.index("(7, 1)") == cells[0]
    assert "\t" not in line


def span_at(source, column):
    whole = a_span(source, source)
    return replace(whole, column=column + 1, end_column=column + 2, text=source[column])


def test_shapes_that_would_run_into_each_other_go_one_below_the_other():
    source = "a * b"
    operands = tuple(Operand(span=a_span(source, name), shape=(1000, 1)) for name in "ab")
    lines = shown(a_finding(a_span(source, source), operands=operands))
    row = lines.index("  1 | a * b")
    assert lines[row + 1 : row + 4] == ["    | ^   ^", "    | (1000, 1)", "    |     (1000, 1)"]


def test_a_finding_without_a_span_has_no_source():
    lines = shown(a_finding(None, notes=("a note",)))
    assert lines[-4:-2] == ["  suspect[other]: something", "   = a note"]


def test_source_that_cannot_be_had_is_said_to_be_unavailable():
    lines = shown(a_finding(Span("<string>", 3, 1, 3, 4, "")))
    assert lines[-4:-2] == ["   --> <string>:3:1", "    = the source is not available"]


def test_a_report_with_findings_ends_in_where_to_read_on():
    findings = (a_finding(None, cause="sign"), a_finding(None, cause="dead", severity="note"))
    lines = lines_of(to_text(a_report(findings=findings)))
    assert lines[-1] == "  more on this: gradcheck explain sign"
    assert "explain" not in to_text(a_report())


def test_a_long_path_goes_on_in_the_next_line_after_a_slash():
    lines = lines_of(to_text(a_report(path="encoder/dense_block/attention/query/kernel")))
    row = next(index for index, line in enumerate(lines) if "encoder" in line)
    assert [line.split()[0] for line in lines[row : row + 4]] == [
        "encoder/",
        "dense_block/",
        "attention/query/",
        "kernel",
    ]


def test_the_legend_says_whether_float64_was_to_be_had():
    without = a_report()
    (variable,) = without.variables
    measured = replace(variable, judgement=replace(variable.judgement, relative_float64=1.0, noise=1e-7))
    assert "not measured in float64" in to_text(without)
    shown = to_text(replace(without, variables=(measured,)))
    assert "noise relative to the larger, measured in float64" in shown


def with_noise(noise, verdict="equivalent"):
    report = a_report()
    (variable,) = report.variables
    judgement = replace(variable.judgement, relative_float64=0.79, noise=noise, lost=noise, verdict=verdict)
    return replace(report, variables=(replace(variable, judgement=judgement),))


@pytest.mark.parametrize("form", [to_text, to_fragment])
def test_a_gradient_that_is_all_rounding_has_no_relative_figures(form):
    report = with_noise(4e8, "rounding")
    shown = form(report)
    assert "4e+08" not in shown and "7.9e-01" not in shown
    assert "rounding: zero, or nearly zero, up to rounding" in " ".join(shown.split())
    assert report.to_dict()["variables"][0]["noise"] == 4e8


@pytest.mark.parametrize("form", [to_text, to_fragment])
@pytest.mark.parametrize(("noise", "verdict"), [(0.99, "equivalent"), (4e8, "different"), (4e8, "unstable")])
def test_any_other_gradient_has_them(form, noise, verdict):
    shown = form(with_noise(noise, verdict))
    assert f"{noise:.0e}" in shown and "7.9e-01" in shown
    assert "nearly zero" not in shown

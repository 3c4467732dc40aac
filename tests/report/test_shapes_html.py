"""The shapes as HTML, without TensorFlow: views made by hand."""

from __future__ import annotations

import pytest

from gradcheck.report.html_markup import page as whole_page
from gradcheck.report.shapes_html import to_fragment, to_page
from gradcheck.source import Span
from gradcheck.tracing.axes import Axis
from gradcheck.tracing.marks import Mark
from gradcheck.tracing.rows import Row, ShapeCount
from gradcheck.tracing.view import RowPair, ShapesView, TracedSide
from support import browser
from support.html_page import AWKWARD, Page

N = Axis(8, "n", 1)


def row(text="a * b", line=3, **changes):
    parts = {
        "text": text,
        "level": 0,
        "site": None,
        "span": None if line is None else Span("loss.py", line, 1, line, 6, text),
        "dtype": "float32",
        "times": 1,
        "variants": (ShapeCount(operands=((N, Axis(1)), (N,)), results=((N, N),), times=1),),
        "marks": (),
        "made": frozenset(),
        "read": frozenset(),
    }
    return Row(**{**parts, **changes})


def view(*rows, **changes):
    side = TracedSide("candidate", (("x", (N, Axis(2))),), rows, **changes)
    return ShapesView("actor", 8, 4, "", (side,))


def cells(page, class_):
    return [
        attributes for name, attributes in page.elements if class_ in (attributes.get("class") or "").split()
    ]


def test_a_row_has_its_line_its_expression_its_shapes_and_how_often_it_ran():
    text = Page(to_fragment(view(row(times=300)))).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "n = 8 follows the batch size (rerun with 4); plain numbers are fixed" in text
    assert "candidate x (n, 2)" in text
    assert text.endswith("loss.py3a * b(n, 1) (n,) → (n, n)float32× 300")


def test_marks_have_a_sign_besides_their_colour_and_their_twin_has_none():
    marks = (Mark("high", "both operands are broadcast"), Mark("note", "takes 1 kB"))
    marked = Page(to_fragment(view(row(marks=marks))))
    assert "!! both operands are broadcast· takes 1 kB" in marked.text
    assert [len(cells(marked, class_)) for class_ in ("high", "note", "reason")] == [2, 1, 2]
    plain = Page(to_fragment(view(row())))
    assert [len(cells(plain, class_)) for class_ in ("high", "note", "reason")] == [0, 0, 0]


def test_what_is_deeper_is_further_in():
    styles = [cell.get("style") for cell in cells(Page(to_fragment(view(row(), row(level=2)))), "expression")]
    assert styles == [None, "padding-left:2.5rem"]


def test_a_file_is_named_once_and_what_has_no_source_says_so():
    text = Page(to_fragment(view(row(), row(line=4), row(text="", line=None)))).text
    assert text.count("loss.py") == 1
    assert "(the source is not available)" in text


def test_pairs_stand_side_by_side():
    side = TracedSide("reference", (), (row("loop", 2),))
    other = TracedSide("candidate", (), (row("arrays", 9),))
    page = Page(to_fragment(ShapesView("actor", 8, 4, "", (side, other), (RowPair(0, 0),))))
    assert page.text.endswith("2loop(n, n)9arrays(n, n)")
    assert len(cells(page, "pairs")) == 1
    assert cells(Page(to_fragment(ShapesView("actor", 8, 4, "", (side, other)))), "pairs") == []


def test_what_raised_is_shown_below_what_ran():
    raised = view(row(), error="Traceback:\n  boom", raised_at=Span("loss.py", 7, 1, 7, 2, "x"))
    text = Page(to_fragment(raised)).text
    assert "candidate raised at loss.py:7:1: what ran before that is shown above" in text
    assert text.endswith("Traceback:\n  boom")
    assert "No op ran." in Page(to_fragment(view(error="boom"))).text


@pytest.mark.parametrize("awkward", AWKWARD)
def test_whatever_the_user_wrote_is_shown_as_it_is(awkward):
    mark = Mark("high", awkward)
    page = Page(to_fragment(view(row(awkward, marks=(mark,)), error=awkward)))
    assert page.text.count(awkward) == 3  # expression, reason, error
    plain = Page(to_fragment(view(row(marks=(Mark("high", "it"),)), error="it")))
    assert [name for name, _ in page.elements] == [name for name, _ in plain.elements]


@browser.needed
def test_shapes_in_a_narrow_browser(tmp_path):
    many = ShapeCount(operands=((N, Axis(1)),) * 30, results=((N, N),), times=1)
    wide = view(row("x" * 300, variants=(many,), marks=(Mark("high", "y" * 200),)), row(level=5, times=10**6))
    seen = browser.seen(whole_page("shapes", to_fragment(wide)), tmp_path, 400)
    assert seen.complaints == []
    assert seen.found["overflow"] <= 0


def test_a_page_on_several_has_a_title_their_list_and_versions_and_the_twin_on_one_has_no_list():
    marked = view(row(marks=(Mark("high", "both operands are broadcast"),)))
    page = Page(to_page([marked, view(row())]))
    assert [link["href"] for link in page.all("a")] == ["#case-1", "#case-2"]
    assert "Shapesactor 1 markactor nothing stands outactor" in page.text
    one = Page(to_page([view(row())]))
    assert one.all("a") == []
    for each in (page, one):
        assert len(each.all("h1")) == len(each.all("footer")) == 1

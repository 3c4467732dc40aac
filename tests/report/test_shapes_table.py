"""The shapes as text, without TensorFlow: the columns stand where their heads do."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from gradcheck.report.shapes_markdown import to_markdown
from gradcheck.report.shapes_table import to_text
from gradcheck.source import Span
from gradcheck.tracing.axes import Axis
from gradcheck.tracing.rows import Row, ShapeCount
from gradcheck.tracing.view import ShapesView, TracedSide


def lines_of(text, width):
    """Return the head and the row of a table with one expression."""
    row = Row(
        text=text,
        level=0,
        site=None,
        span=Span("loss.py", 3, 1, 3, 6, text),
        dtype="float32",
        times=1,
        variants=(ShapeCount(operands=((Axis(4),),), results=((Axis(4),),), times=1),),
        marks=(),
        made=frozenset(),
        read=frozenset(),
    )
    side = TracedSide("loss", (), (row,))
    _, _, _, head, _, line, *_ = to_text(ShapesView("loss", None, None, "", (side,)), width).splitlines()
    return head, line


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("text", ["a * b", "表['値'] * 重み", "表" * 60])
def test_each_column_begins_below_its_head_also_after_wide_characters(text, width):
    head, line = lines_of(text, width)
    for name, shown in (("shapes", "(4,)"), ("dtype", "float32")):
        assert cell_len(head[: head.index(name)]) == cell_len(line[: line.index(shown)])
    assert cell_len(line) <= width


def test_many_arguments_go_on_below_the_first():
    arguments = tuple((f"argument_{number}", (Axis(4),)) for number in range(9))
    side = TracedSide("loss", arguments, ())
    lines = to_text(ShapesView("a case", None, None, "", (side,)), 60).splitlines()
    first = next(number for number, line in enumerate(lines) if "argument_0" in line)
    assert lines[first].startswith("  loss  argument_0 (4,)")
    assert [line.startswith("        argument_") for line in lines[first + 1 : first + 3]] == [True, True]


def test_markdown_has_the_table_of_each_case_in_a_block():
    views = [ShapesView(name, None, None, "", (TracedSide("loss", (), ()),)) for name in ("one", "two")]
    blocks = [f"```text\n{to_text(view, 100).rstrip()}\n```\n" for view in views]
    assert to_markdown(views) == "\n".join(blocks)

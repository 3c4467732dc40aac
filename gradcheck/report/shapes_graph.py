"""The data flow between expressions as Mermaid or DOT: a box per row, an arrow per shape."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.tracing.axes import shown
from gradcheck.tracing.rows import Row
from gradcheck.tracing.view import ShapesView, TracedSide

_LONGEST = 48
"""Characters of an expression that fit a box."""

_COLOUR = {"high": "#c62828", "medium": "#b26a00", "note": "#00707f"}


def to_mermaid(views: Sequence[ShapesView]) -> str:
    """Return a Mermaid flowchart of all views, a subgraph per side."""
    lines = ["flowchart TD"]
    for name, side in _sides(views):
        lines.append(f"  subgraph {name}[{_mermaid(_title(views, name, side))}]")
        lines.append(f"    {name}_in([{_mermaid(_arguments(side))}])")
        for index, row in _shown(side):
            lines.append(f"    {name}_{index}[{_mermaid(_label(row))}]")
            if row.marks:
                colour = _COLOUR[row.marks[0].severity]
                lines.append(f"    style {name}_{index} stroke:{colour},stroke-width:3px")
        for edge in side.edges:
            shapes = " ".join(shown(axes) for axes in edge.shapes)
            lines.append(f"    {name}_{_node(edge.maker)} -->|{_mermaid(shapes)}| {name}_{edge.reader}")
        lines.append("  end")
    return "\n".join(lines) + "\n"


def to_dot(views: Sequence[ShapesView]) -> str:
    """Return a DOT digraph of all views, a cluster per side."""
    lines = [
        "digraph shapes {",
        '  node [shape=box, fontname="monospace"];',
        '  edge [fontname="monospace"];',
    ]
    for name, side in _sides(views):
        lines += [f"  subgraph cluster_{name} {{", f"    label={_dot(_title(views, name, side))};"]
        lines.append(f"    {name}_in [label={_dot(_arguments(side))}, shape=oval];")
        for index, row in _shown(side):
            colour = f', color="{_COLOUR[row.marks[0].severity]}", penwidth=3' if row.marks else ""
            lines.append(f"    {name}_{index} [label={_dot(_label(row))}{colour}];")
        for edge in side.edges:
            shapes = _dot(" ".join(shown(axes) for axes in edge.shapes))
            lines.append(f"    {name}_{_node(edge.maker)} -> {name}_{edge.reader} [label={shapes}];")
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


def _sides(views: Sequence[ShapesView]) -> list[tuple[str, TracedSide]]:
    sides = [side for view in views for side in view.sides]
    return [(f"s{number}", side) for number, side in enumerate(sides)]


def _title(views: Sequence[ShapesView], name: str, side: TracedSide) -> str:
    owner = [view.name for view in views for _ in view.sides][int(name[1:])]
    return side.name if owner == side.name else f"{owner}: {side.name}"


def _shown(side: TracedSide) -> list[tuple[int, Row]]:
    """Return the rows that have shapes, or an arrow, with their indices."""
    ends = {index for edge in side.edges for index in (edge.maker, edge.reader)}
    return [(index, row) for index, row in enumerate(side.rows) if row.variants or index in ends]


def _node(index: int) -> str:
    return "in" if index < 0 else str(index)


def _arguments(side: TracedSide) -> str:
    return "\n".join(f"{name} {shown(axes)}" for name, axes in side.arguments) or "no arguments"


def _label(row: Row) -> str:
    text = row.text if len(row.text) <= _LONGEST else row.text[: _LONGEST - 1] + "…"
    line = "" if row.span is None else f"{row.span.line}: "
    times = f"  × {row.times:,}" if row.times > 1 else ""
    results = " ".join(dict.fromkeys(shown(axes) for v in row.variants[:2] for axes in v.results))
    reasons = [mark.reason for mark in row.marks]
    return "\n".join([f"{line}{text}", f"→ {results}{times}", *reasons])


def _mermaid(text: str) -> str:
    # Mermaid has no backslash escapes: use entities for characters that would end the label.
    for letter, entity in (("&", "&amp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;"), ("\n", "<br/>")):
        text = text.replace(letter, entity)
    return f'"{text}"'


def _dot(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

"""The result of a search for a counterexample, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.text import Text

from gradcheck.arrays import Array
from gradcheck.fuzzing.result import Batch, Crash, FuzzResult
from gradcheck.fuzzing.wording import samples, summary
from gradcheck.report.plain_text import plain_text
from gradcheck.report.table import STYLE
from gradcheck.report.table import render as render_report

_STYLE = {
    "counterexample": "bold red",
    "raises": "bold red",
    "none": "bold green",
    "not checked": "bold yellow",
}

_IN_FULL = 200
"""Arrays of more elements are shown by their first and last ones."""


def render(result: FuzzResult) -> RenderableType:
    """Return everything there is to say about one search, as something rich can print."""
    parts: list[RenderableType] = [_headline(result), *map(_indented, _summary(result))]
    for crash in result.crashes:
        parts += [Text(), *_crash(crash)]
    if result.counterexample is not None:
        parts += [Text(), _indented(Text(_origin(result.counterexample.batch), style="dim"))]
        parts += [_Arrays(result.counterexample.batch), Text(), render_report(result.counterexample.report)]
        return Group(*parts)
    return Group(*parts, Text())


def to_text(result: FuzzResult, width: int = 80) -> str:
    """Return the result as plain text of at most `width` columns."""
    return plain_text([render(result)], width)


def _headline(result: FuzzResult) -> Text:
    said = {
        "counterexample": "COUNTEREXAMPLE",
        "raises": "RAISES ON ONE SIDE",
        "none": "NO COUNTEREXAMPLE",
        "not checked": "NOT CHECKED",
    }[result.outcome]
    line = Text(result.name, style="bold").append("  ").append(said, style=_STYLE[result.outcome])
    if result.counterexample is not None:
        line.append(f"  {samples(result.counterexample.batch.samples)}")
    return line


def _summary(result: FuzzResult) -> Iterator[Text]:
    yield Text(summary(result))
    if result.outcome not in {"counterexample", "not checked"}:
        yield Text("this proves nothing about other batches or other weights", style="dim")
    if result.batches > 1:
        yield Text("one of them is the case's own batch, unchanged", style="dim")
    if result.undecided:
        yield Text(f"could not be judged: {result.undecided}", style=STYLE["inconclusive"])


def _crash(crash: Crash) -> Iterator[RenderableType]:
    who, n = " and ".join(_NAMES[crash.alone][side] for side in crash.errors), crash.batch.samples
    verb, rest = ("raises", _other(crash)) if crash.one_sided else ("raise", "")
    yield Text(f"  {who} {verb} at n = {n}{rest}:", style="bold red" if crash.one_sided else "bold yellow")
    yield Padding(Text(_origin(crash.batch), style="dim"), (0, 0, 0, 4), expand=False)
    for error in dict.fromkeys(crash.errors.values()):
        yield Padding(Text(error), (0, 0, 0, 4), expand=False)


def _other(crash: Crash) -> str:
    other = "candidate" if "reference" in crash.errors else "reference"
    return f", where the {_NAMES[crash.alone][other]} does not"


_NAMES = {
    False: {"reference": "reference", "candidate": "candidate"},
    True: {"reference": "loss on single samples", "candidate": "loss on the batch"},
}
"""The names of the sides, by whether there is no reference."""


def _origin(batch: Batch) -> str:
    """Return in words how a batch was made from the case's own."""
    listed = _listed(batch.rows)
    rows = f"row {listed}" if len(batch.rows) == 1 else f"rows {listed}"
    return "; ".join([f"{rows} of the case's own batch with seed {batch.seed}", *batch.changes])


_SHOWN_ROWS = 12


def _listed(rows: Sequence[int]) -> str:
    shown = [str(row) for row in rows[:_SHOWN_ROWS]]
    if len(rows) > _SHOWN_ROWS:
        return ", ".join([*shown, "…"])
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


class _Arrays:
    """The arrays of a batch: small ones in full."""

    def __init__(self, batch: Batch) -> None:
        self._arrays = batch.arrays

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        heads = {place: f"{array.dtype} {array.shape}" for place, array in self._arrays.items()}
        name, head = max(map(len, heads), default=0), max(map(len, heads.values()), default=0)
        beside = name + head + 6
        if options.max_width - beside < options.max_width // 3:  # long names: the values go below them
            beside = 4
        for place, array in self._arrays.items():
            values = _values(array, options.max_width - beside).splitlines()
            first = "" if beside == 4 else values.pop(0)
            yield Text(f"  {place:<{name}}  {heads[place]:<{head}}  {first}".rstrip())
            for line in values:
                yield Text(" " * beside + line)


def _values(array: Array, width: int) -> str:
    with np.printoptions(floatmode="unique"):
        return np.array2string(array, max_line_width=width, threshold=_IN_FULL, separator=", ") or "''"


def _indented(content: RenderableType) -> Padding:
    return Padding(content, (0, 0, 0, 2), expand=False)

"""What a cause is, with a wrong and a right example: for the terminal and for the documentation."""

from __future__ import annotations

import difflib
import inspect
import re
import textwrap
from collections.abc import Sequence
from types import ModuleType

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from gradcheck.causes import module, names
from gradcheck.causes._example import Example
from gradcheck.errors import GradcheckError
from gradcheck.report.verdicts_page import VERDICTS, on_verdict


class UnknownCauseError(GradcheckError):
    """There is no such cause."""


def explanation(cause: str | None = None) -> RenderableType:
    """Return what `gradcheck explain` shows: one cause with its examples, a verdict, or all causes in a line each.

    Raises
    ------
    UnknownCauseError
        There is no such cause.
    """
    if cause is None:
        return _all_causes()
    cause = _as_in_a_report(cause)
    if cause.lower() in VERDICTS:
        return on_verdict(cause.lower())
    if cause not in names():
        raise UnknownCauseError(
            f"no such cause: {cause!r}{_meant(cause)} There are {', '.join(names())}; and the verdicts "
            f"{', '.join(VERDICTS)}"
        )
    taught = module(cause)
    heading = Text(cause, style="bold red"), Text(summary(taught), style="bold"), Text()
    return Group(*heading, _Paragraphs(taught), *(_Shown(cause, example) for example in taught.EXAMPLES))


def _as_in_a_report(text: str) -> str:
    """Return the cause in ``error[CAUSE]``, as in front of a finding, or else the text itself."""
    found = re.fullmatch(r"\w+\[(\w+)\]:?", text)
    return text if found is None else found[1]


def _meant(cause: str) -> str:
    near = difflib.get_close_matches(cause, [*names(), *VERDICTS], n=1)
    return f"; did you mean {near[0]!r}?" if near else "."


def summary(cause: ModuleType) -> str:
    """Return the first sentence of what a cause is."""
    return inspect.cleandoc(cause.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def body(cause: ModuleType) -> str:
    """Return the paragraphs on a cause after its first sentence."""
    return inspect.cleandoc(cause.__doc__ or "").partition("\n\n")[2]


def _all_causes() -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for cause in names():
        table.add_row(Text(cause, style="bold"), Text(summary(module(cause))))
    return table


class _Paragraphs:
    """The text on a cause, in lines of a readable length."""

    _WIDEST = 88

    def __init__(self, cause: ModuleType) -> None:
        self._text = body(cause)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, self._WIDEST)
        for paragraph in self._text.split("\n\n"):
            yield Text("\n".join(textwrap.wrap(paragraph, width)))


class _Shown:
    """An example: the shared setup, the wrong version with its finding, and the right version."""

    def __init__(self, cause: str, example: Example) -> None:
        self._cause, self._example = cause, example

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        example = self._example
        yield Text(f"\n{example.title}", style="bold")
        yield from _code("with", example.setup)
        yield from _code("wrong", example.wrong)
        for line in said(self._cause, example):
            yield Padding(Text(line, style="red"), (0, 0, 0, 4))
        yield from _code("right", example.right)


def _code(label: str, source: str) -> Sequence[RenderableType]:
    text = textwrap.dedent(source).strip("\n")
    code = Syntax(text, "python", theme="ansi_dark", background_color="default", word_wrap=True)
    return [Text(f"  {label}", style="dim"), Padding(code, (0, 0, 0, 4))]


def said(cause: str, example: Example) -> list[str]:
    """Return what gradcheck reports for the wrong formulation of an example."""
    lines = [f"{example.verdict}: error[{cause}]: {example.says}"]
    return lines if example.fix is None else [*lines, f"fix, tried: {example.fix}"]


def page(cause: str) -> str:
    """Return the file name of a cause's page: `index.md` would be the page of the whole folder."""
    return "index_.md" if cause == "index" else f"{cause}.md"


def as_markdown(cause: str) -> str:
    """Return the page of a cause for the documentation."""
    taught = module(cause)
    parts = [f"# {cause}", f"**{summary(taught)}**", body(taught)]
    for example in taught.EXAMPLES:
        parts += [f"## {example.title}", "Wrong, at the marked line:", _fenced(example.wrong)]
        parts += ["`gradcheck` reports:", _fenced(_wrapped(said(cause, example)), "text")]
        parts += ["Right:", _fenced(example.right), "Both use:", _fenced(example.setup)]
    return "\n\n".join([*parts, _FOOTER.format(cause=cause)]) + "\n"


_FOOTER = "`gradcheck explain {cause}` shows this page in a terminal. [All causes](README.md)."


def index_as_markdown() -> str:
    """Return the page that lists all causes."""
    rows = [f"| [{cause}]({page(cause)}) | {summary(module(cause))} |" for cause in names()]
    return "\n".join([_INDEX, "| cause | description |", "| --- | --- |", *rows]) + "\n"


_INDEX = """\
# Causes

These are the causes that `gradcheck` can name. Each page is generated from the file of its cause in
`gradcheck/causes`; the tests run its examples. `<--` marks the line that the finding points to.
"""


def _wrapped(lines: Sequence[str]) -> str:
    """Return `lines` in a width that a page has room for."""
    return "\n".join(
        textwrap.fill(line, 76, subsequent_indent="  ", break_on_hyphens=False) for line in lines
    )


def _fenced(source: str, language: str = "python") -> str:
    return f"```{language}\n{textwrap.dedent(source).strip()}\n```"

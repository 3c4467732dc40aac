"""Source locations: files, positions in running code, and spans of expressions."""

from __future__ import annotations

import ast
import dis
import functools
import itertools
import os
import pathlib
import sys
import sysconfig
from dataclasses import dataclass, field
from types import CodeType

from gradcheck.source import comments
from gradcheck.source.lines import forget_lines, have_changed, line_of, lines_of
from gradcheck.source.notebook_cells import cell_file, cell_name
from gradcheck.source.trees import Position, forget, loop_around, node_at, node_position, statement_lines

_STDLIB = sysconfig.get_paths()["stdlib"] + os.sep
_OURS = str(pathlib.Path(__file__).parent.parent) + os.sep
_PACKAGES = ("site-packages", "dist-packages")


@functools.cache
def is_user_file(filename: str) -> bool:
    """Return whether code in `filename` is the user's own: not installed, not Python's, not ours.

    What AutoGraph made of the user's code is not.
    """
    if filename.startswith(("<frozen ", _STDLIB, _OURS)) or "__autograph_generated_file" in filename:
        return False
    return not any(part in _PACKAGES for part in pathlib.PurePath(filename).parts)


def is_own_file(filename: str) -> bool:
    """Return whether `filename` is part of gradcheck."""
    return filename.startswith(_OURS)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """The location in running code that called an op: a code object and an instruction offset in it (bytes).

    Or that of an expression of which the instruction evaluates a part, where none stands for the whole, as for a
    condition that is decided by jumps: then also the position of the expression.
    """

    code: CodeType
    instruction: int
    around: Position | None = None
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # A code computes its own anew each time, from all that it has in it.
        object.__setattr__(self, "_hash", hash((self.code, self.instruction, self.around)))

    def __eq__(self, other: object) -> bool:
        """Return whether both are one place. Codes are equal too where a file is a copy of another."""
        return (
            isinstance(other, Site)
            and self.instruction == other.instruction
            and self.around == other.around
            and self.code == other.code
            and self.code.co_filename == other.code.co_filename
        )

    def __hash__(self) -> int:
        """Return a hash that goes with it."""
        return self._hash


def site_at(code: CodeType, instruction: int) -> Site:
    """Return the place of an instruction: one and the same for all instructions of an expression.

    As it runs more often, Python turns the call of an expression into another instruction of it.
    """
    return Site(code, 2 * _first_of_its_expression(code)[instruction // 2])


@functools.cache
def _first_of_its_expression(code: CodeType) -> tuple[int, ...]:
    """Return for each instruction the first one of the same expression; its own where that is not known."""
    first: dict[tuple[int | None, ...], int] = {}
    return tuple(
        number if None in position else first.setdefault(position, number)
        for number, position in enumerate(code.co_positions())
    )


def read_anew() -> None:
    """Forget what was read of the sources, where a file has been edited since: parsing takes milliseconds."""
    if not have_changed():
        return
    forget_lines()
    span_of.cache_clear()
    comments.reasons.cache_clear()
    forget()


@dataclass(frozen=True, slots=True)
class Span:
    """An expression in a file.

    Parameters
    ----------
    file
        Its path, or the name of a notebook's cell.
    line, end_line
        Of its first and last character, counted from 1.
    column, end_column
        Of its first character, and one past its last, in characters, counted from 1.
    text
        The expression as written, or an empty string where the source is unavailable (code made by `exec`).
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    @property
    def place(self) -> str:
        """``file:line:column``, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}:{self.column}"


@functools.cache
def span_of(site: Site) -> Span:
    """Return the span of the exact expression that `site` was evaluating."""
    filename, position = site.code.co_filename, position_of(site)
    node = node_at(filename, position)
    return _span(filename, node_position(node) if isinstance(node, ast.Call) else position)


def node_of(site: Site) -> ast.expr | ast.stmt | None:
    """Return what `site` was evaluating, or None when the source is unavailable."""
    return node_at(site.code.co_filename, position_of(site))


def span_of_node(node: ast.expr | ast.stmt, site: Site) -> Span:
    """Return the span of a node in the file of `site`."""
    return _span(site.code.co_filename, node_position(node))


def span_at(filename: str, node: ast.expr | ast.stmt) -> Span:
    """Return the span of a node of a file."""
    return _span(filename, node_position(node))


def site_of(node: ast.expr, code: CodeType) -> Site | None:
    """Return where code, or code within it, evaluates an expression; None where no instruction stands for it."""
    line, column, end_line, end_column = node_position(node)
    wanted = line, end_line, column, end_column
    for number, position in enumerate(code.co_positions()):
        if position == wanted:
            return site_at(code, 2 * number)
    within = (site_of(node, one) for one in code.co_consts if isinstance(one, CodeType))
    return next((site for site in within if site is not None), None)


def site_around(node: ast.expr, code: CodeType) -> Site | None:
    """Return where code, or code within it, evaluates an expression or the first part of it; None where not."""
    own = site_of(node, code)
    if own is not None:
        return own
    parts = (one for one in ast.walk(node) if isinstance(one, ast.expr) and one is not node)
    part = next((site for one in parts if (site := site_of(one, code)) is not None), None)
    return None if part is None else Site(part.code, part.instruction, node_position(node))


def line_span(filename: str, line: int) -> Span:
    """Return the span of a whole line, without its indentation and line end."""
    text = line_of(filename, line).rstrip("\n")
    return _span(filename, (line, len(text) - len(text.lstrip()), line, len(text.encode())))


def source_lines(span: Span) -> list[str]:
    """Return the source lines of `span` without comments; empty when the source is unavailable."""
    file = _resolve(span.file)
    end = min(span.end_line, len(lines_of(file)))
    return [comments.without_comment(file, number) for number in range(span.line, end + 1)]


def shown_path(filename: str) -> str:
    """Return `filename` relative to the working directory where it lies below it; the name of a cell."""
    cell = cell_name(filename)
    if cell is not None:
        return cell
    try:
        return _relative(filename, os.getcwd())  # noqa: PTH109 - several times as fast
    except FileNotFoundError:  # the working directory may have been deleted
        return filename


@functools.cache
def _relative(filename: str, directory: str) -> str:
    path = pathlib.Path(filename)
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else filename


def reason_given(span: Span) -> str | None:
    """Return why an expression is meant as it is; None where no comment says so, "" where one gives no reason.

    The comment is on a line of the expression, or on the first of its statement.
    """
    file = _resolve(span.file)
    if not comments.reasons(file):
        return None
    first, _ = statement_lines(file, span.line)
    return comments.acceptance(file, (first, *range(span.line, span.end_line + 1)))


def _resolve(file: str) -> str:
    cell = cell_file(file)
    if cell is not None:
        return cell
    try:
        path = pathlib.Path.cwd() / file
    except FileNotFoundError:
        return file
    return str(path) if not file.startswith("<") and path.exists() else file


def position_of(site: Site) -> Position:
    """Return the position of the expression that `site` was evaluating."""
    if site.around is not None:
        return site.around
    positions = next(itertools.islice(site.code.co_positions(), site.instruction // 2, None))
    line, end_line, column, end_column = positions
    line = line or site.code.co_firstlineno
    if column is None or end_column is None:  # Python was started with -X no_debug_ranges
        text = line_of(site.code.co_filename, line).rstrip("\n")
        return line, len(text) - len(text.lstrip()), line, len(text.encode())
    position = line, column, end_line or line, end_column
    if _ITERATION_STANDS_AT_THE_ITERABLE and site.code.co_code[site.instruction] in _ITERATION:
        return loop_around(site.code.co_filename, position) or position
    return position


_ITERATION_STANDS_AT_THE_ITERABLE = sys.version_info >= (3, 13)  # before, at the ``for`` or the comprehension
_ITERATION = {dis.opmap["GET_ITER"], dis.opmap["FOR_ITER"]}


def _span(filename: str, position: Position) -> Span:
    line, column, end_line, end_column = position
    lines = [text.encode() for text in lines_of(filename)[line - 1 : end_line]]
    start, end = column, end_column
    text = ""
    if lines:
        start = len(lines[0][:column].decode(errors="replace"))
        end = len(lines[-1][:end_column].decode(errors="replace"))
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        text = b"".join(lines).decode(errors="replace")
    return Span(shown_path(filename), line, start + 1, end_line, end + 1, text)

"""A formulation run with another text in place of one of its expressions, without touching its file."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any

from gradcheck.execution.run.functions_alive import Functions, is_same_code
from gradcheck.execution.run.outside import Outside
from gradcheck.source import Site, is_expression, lines_of, replaced_source, span_of, tree

Written = tuple[str, ast.expr, str]
"""A file, an expression in its tree, and the text to write there."""


class CannotReplaceError(Exception):
    """The text cannot be put in place: it would not mean what is meant, or the source is not that of the code."""


@contextlib.contextmanager
def replaced_text(texts: Mapping[Site, str], outside: Outside, alive: Functions) -> Iterator[None]:
    """Let every function that runs the expressions at some places of a file run other texts there, inside.

    Parameters
    ----------
    texts
        What to write at each place.
    outside
        What names mean there that no expression of the function reads.
    alive
        The functions to look for it in.

    Raises
    ------
    CannotReplaceError
        The source is not available, or is not that of the code; or a name of the text means nothing there.
    """
    filename = _only_file(texts)
    before = _source_around(texts, filename)
    if not before:
        raise CannotReplaceError("the source is not available")
    codes = codes_by_path(_compiled(before, filename))
    places = [path for path, code in codes.items() if any(is_same_code(code, one.code) for one in texts)]
    if len(places) < len({one.code for one in texts}):
        raise CannotReplaceError("the source is not that of the code")
    after = codes_by_path(_compiled(_with_texts(before, texts, outside), filename))
    around = list(dict.fromkeys(place[:length] for place in places for length in range(1, len(place) + 1)))
    functions = alive.having([codes[path] for path in around])
    changed: list[tuple[Any, CodeType]] = []
    try:
        for function in functions:
            path = next(one for one in around if is_same_code(codes[one], function.__code__))
            if path in after:
                changed.append((function, function.__code__))
                give(function, after[path])
        with outside.known_to(functions, [site.code for site in texts]):
            yield
    finally:
        for function, code in changed:
            function.__code__ = code


def _only_file(texts: Mapping[Site, str]) -> str:
    files = {site.code.co_filename for site in texts}
    if len(files) > 1:
        raise CannotReplaceError("the texts belong to several files")
    return files.pop()


def _source_around(texts: Mapping[Site, str], filename: str) -> str:
    """Return the statements of a module alone that texts are for, in their lines: a file may be long.

    And its imports: Python compiles calls of functions of modules otherwise.
    """
    lines = {span_of(site).line for site in texts}
    kept = set[int]()
    for one in tree(filename).body:
        first = min(node.lineno for node in (one, *getattr(one, "decorator_list", ())))
        whole = range(first, (one.end_lineno or first) + 1)
        if isinstance(one, ast.Import | ast.ImportFrom) or not lines.isdisjoint(whole):
            kept.update(whole)
    return "".join(line if number in kept else "\n" for number, line in enumerate(lines_of(filename), 1))


def _with_texts(source: str, texts: Mapping[Site, str], outside: Outside) -> str:
    """Return a source with the texts in it, the last first: each keeps the places of those before it."""
    spans = {span_of(site): site for site in texts}
    for span in sorted(spans, key=lambda span: (span.line, span.column), reverse=True):
        # What the expression read stays a free variable of its function: one with others would not take the code.
        site = spans[span]
        both = f"(({{}}) if True else (\n{span.text}\n))" if is_expression(site) else "{}"
        source = replaced_source(source, span, texts[site], both, outside.renamed(site.code))
    return source


def give(function: Any, code: CodeType) -> None:
    """Let a function run other code; raise `CannotReplaceError` where that reads other free variables."""
    try:
        function.__code__ = code
    except ValueError as error:  # it has other free variables
        raise CannotReplaceError(str(error)) from error


def _compiled(source: str, filename: str) -> CodeType:
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise CannotReplaceError(str(error)) from error


Path = tuple[int, ...]


def codes_by_path(module: CodeType) -> dict[Path, CodeType]:
    """Return all code within a module, by the places in which it is defined."""
    found: dict[Path, CodeType] = {}
    pending: list[tuple[Path, CodeType]] = [((), module)]
    while pending:
        path, code = pending.pop()
        found[path] = code
        inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
        pending += [((*path, number), one) for number, one in enumerate(inner)]
    return found

"""A formulation run with another text in place of one of its expressions, without touching its file."""

from __future__ import annotations

import ast
import contextlib
import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

from gradcheck.execution.run.functions_near import functions_near
from gradcheck.source import Site, is_expression, is_user_file, lines_of, replaced_source, span_of
from gradcheck.system.collecting import all_objects

Written = tuple[str, ast.expr, str]
"""A file, an expression in its tree, and the text to write there."""

_PREFIX = "__gradcheck_"


class CannotReplaceError(Exception):
    """The text cannot be put in place: it would not mean what is meant, or the source is not that of the code."""


class Functions:
    """The functions of the user's code that are there when they are first asked for: that takes time.

    Parameters
    ----------
    formulations
        Those that these reach are looked at first: mostly they are enough. Whoever finds that they are not may ask
        for all, by `complete`.
    """

    def __init__(self, formulations: Iterable[Any] = ()) -> None:
        self._near: list[Any] | None = functions_near(formulations)

    def complete(self) -> bool:
        """Look at all functions from now on; return whether there may be more than before."""
        was_near, self._near = self._near, None
        return was_near is not None

    def having(self, codes: Sequence[CodeType]) -> list[Any]:
        """Return those that have one of some codes, or code of the same place."""
        near = [one for one in self._near or () if any(is_same_code(code, one.__code__) for code in codes)]
        if near:
            return near
        alike = [one for code in codes for one in self._by_name.get(code.co_qualname, ())]
        return [one for one in alike if any(is_same_code(code, one.__code__) for code in codes)]

    def near_of_file(self, filename: str) -> list[Any]:
        """Return those whose code is in a file, of the ones that the formulations are seen to reach."""
        return [one for one in self._near or () if one.__code__.co_filename == filename]

    def of_file(self, filename: str) -> list[Any]:
        """Return those whose code is in a file."""
        everything = itertools.chain.from_iterable(self._by_name.values())
        return [one for one in everything if one.__code__.co_filename == filename]

    @functools.cached_property
    def _by_name(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        everything = all_objects()
        # They are a million: without an iterator of C's the search takes as long as a run of most losses.
        is_function = map(operator.is_, map(type, everything), itertools.repeat(FunctionType))
        for one in itertools.compress(everything, is_function):
            if is_user_file(one.__code__.co_filename):
                found.setdefault(one.__code__.co_qualname, []).append(one)
        return found


@contextlib.contextmanager
def replaced_text(texts: Mapping[Site, str], donor: Site, alive: Functions) -> Iterator[None]:
    """Let every function that runs the expressions at some places of a file run other texts there, inside.

    Parameters
    ----------
    texts
        What to write at each place.
    donor
        The place from which they come: names that are bound around its function mean what they mean there.
    alive
        The functions to look for it in.

    Raises
    ------
    CannotReplaceError
        The source is not available, or is not that of the code; or a name of the text means nothing there.
    """
    site, filename = next(iter(texts)), _only_file(texts)
    before = "".join(lines_of(filename))
    if not before:
        raise CannotReplaceError("the source is not available")
    outside = _bound_outside(site, donor, alive)
    codes = codes_by_path(_compiled(before, filename))
    places = [path for path, code in codes.items() if any(is_same_code(code, one.code) for one in texts)]
    if len(places) < len({one.code for one in texts}):
        raise CannotReplaceError("the source is not that of the code")
    renamed = {name: _PREFIX + name for name in outside}
    after = codes_by_path(_compiled(_with_texts(before, texts, renamed), filename))
    around = list(dict.fromkeys(place[:length] for place in places for length in range(1, len(place) + 1)))
    functions = alive.having([codes[path] for path in around])
    changed: list[tuple[Any, CodeType]] = []
    try:
        for function in functions:
            path = next(one for one in around if is_same_code(codes[one], function.__code__))
            if path in after:
                changed.append((function, function.__code__))
                _give(function, after[path], outside)
        yield
    finally:
        for function, code in changed:
            function.__code__ = code
            for name in outside:
                function.__globals__.pop(_PREFIX + name, None)


def _only_file(texts: Mapping[Site, str]) -> str:
    files = {site.code.co_filename for site in texts}
    if len(files) > 1:
        raise CannotReplaceError("the texts belong to several files")
    return files.pop()


def _with_texts(source: str, texts: Mapping[Site, str], renamed: Mapping[str, str]) -> str:
    """Return a source with the texts in it, the last first: each keeps the places of those before it."""
    spans = {span_of(site): site for site in texts}
    for span in sorted(spans, key=lambda span: (span.line, span.column), reverse=True):
        # What the expression read stays a free variable of its function: one with others would not take the code.
        both = f"(({{}}) if True else (\n{span.text}\n))" if is_expression(spans[span]) else "{}"
        source = replaced_source(source, span, texts[spans[span]], both, renamed)
    return source


def _give(function: Any, code: CodeType, outside: Mapping[str, Any]) -> None:
    try:
        function.__code__ = code
    except ValueError as error:  # it has other free variables
        raise CannotReplaceError(str(error)) from error
    function.__globals__.update({_PREFIX + name: value for name, value in outside.items()})


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


def is_same_code(one: CodeType, other: CodeType) -> bool:
    """Return whether two pieces of code stand at the same place: several lambdas may be on a line."""
    same = (one.co_qualname, one.co_firstlineno) == (other.co_qualname, other.co_firstlineno)
    return same and list(one.co_positions()) == list(other.co_positions())


def _bound_outside(site: Site, donor: Site, alive: Functions) -> dict[str, Any]:
    """Return the variables of the functions around the donor's that the candidate's does not have, by name."""
    around, _, _ = donor.code.co_qualname.rpartition("<locals>")
    if site.code is donor.code or not site.code.co_qualname.startswith(around):
        return {}
    own = {*site.code.co_freevars, *site.code.co_cellvars, *site.code.co_varnames}
    function = next(iter(alive.having([donor.code])), None)
    if function is None or function.__closure__ is None:
        return {}
    cells = zip(donor.code.co_freevars, function.__closure__, strict=True)
    return {name: cell.cell_contents for name, cell in cells if name not in own}

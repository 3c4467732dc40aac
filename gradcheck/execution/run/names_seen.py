"""What the names of the candidate's functions stand for, as seen while it runs."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Collection, Mapping
from types import CodeType, FrameType
from typing import Any

from gradcheck.execution.run.outside import Outside
from gradcheck.source import function_at, functions_around
from gradcheck.source.bindings import bound_by_comprehensions

Names = Mapping[str, Any]
"""What names stand for."""


class NamesSeen:
    """What names stand for in some functions, by their definitions, once these have returned.

    Parameters
    ----------
    codes
        Those of the functions.
    outside
        What means something in them that they do not read.
    """

    def __init__(self, codes: Collection[CodeType], outside: Outside) -> None:
        self._definitions = {code: function_at(code) for code in codes}
        self._outside = outside
        self._bound_within = functools.cache(bound_by_comprehensions)
        self.at_return: dict[ast.AST, Names] = {}
        """What they stand for when the function returns, with those of the functions around it."""
        self.around: dict[ast.AST, frozenset[str]] = {}
        """Which of these only a function around binds, and the function does not read."""
        self.within: dict[ast.AST, dict[str, Any]] = {}
        """What the names of its comprehensions stand for in their last round."""
        self.before: dict[tuple[str, int], Names] = {}
        """What they stand for before a line of a file is run for the first time."""
        self.modules: dict[ast.AST, Names] = {}
        """What the names of its module stand for."""

    @property
    def codes(self) -> dict[ast.AST, CodeType]:
        """The code of each function, by its definition."""
        return {one: code for code, one in self._definitions.items() if one is not None}

    def returned(self, frame: FrameType) -> None:
        """Look at a function that returns."""
        names = inspect.getargvalues(frame).locals
        caller = None if frame.f_back is None else self._definitions.get(frame.f_back.f_code)
        if frame.f_code.co_name in _COMPREHENSIONS and caller is not None:
            self.within.setdefault(caller, {}).update(names)
        definition = self._definitions.get(frame.f_code)
        if definition is not None:
            around = self._bound_around(frame)
            self.at_return[definition] = {**around, **names, **self._outside.unread(frame.f_code)}
            self.around[definition] = frozenset(around.keys() - names.keys())
            self.modules[definition] = frame.f_globals

    def reached(self, frame: FrameType) -> None:
        """Look at a function before it runs a line.

        Where comprehensions have no frames, as since Python 3.12, it is a line that each round of them begins.
        """
        definition = self._definitions.get(frame.f_code)
        if definition is None:
            return
        line, names = (frame.f_code.co_filename, frame.f_lineno), inspect.getargvalues(frame).locals
        if line not in self.before:
            self.before[line] = dict(names)
        if not _HAVE_FRAMES:
            inner = self._bound_within(definition)
            self.within.setdefault(definition, {}).update({one: names[one] for one in inner if one in names})

    def _bound_around(self, frame: FrameType) -> dict[str, Any]:
        """Return what those of the functions bind in which that of a frame is defined, and that are running."""
        around, found = functions_around(frame.f_code)[1:], dict[str, Any]()
        caller = frame.f_back
        while caller is not None and around:
            if self._definitions.get(caller.f_code) in around:
                found = {**inspect.getargvalues(caller).locals, **found}
                around = functions_around(caller.f_code)[1:]
            caller = caller.f_back
        return found


_HAVE_FRAMES = sys.version_info < (3, 12)

_COMPREHENSIONS = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")
"""The names of the code of comprehensions, where these have code of their own."""

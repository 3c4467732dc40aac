"""The functions of the user's code that are there, to be found by their code."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterable, Sequence
from types import CodeType, FunctionType
from typing import Any

from gradcheck.execution.run.functions_near import functions_near
from gradcheck.source import is_user_file
from gradcheck.system.collecting import all_objects


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


def is_same_code(one: CodeType, other: CodeType) -> bool:
    """Return whether two pieces of code stand at the same place: several lambdas may be on a line."""
    same = (one.co_qualname, one.co_firstlineno) == (other.co_qualname, other.co_firstlineno)
    return same and list(one.co_positions()) == list(other.co_positions())

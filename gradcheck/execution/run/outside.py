"""Variables that only the reference reads, of the functions in which both sides are defined."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

from gradcheck.execution.run.functions_alive import Functions
from gradcheck.source import bound_in, functions_around

_NAME = "__gradcheck_{}__"
"""Nobody's own, and the same one within a class: without the underscores behind it, it would not be."""


class Outside:
    """What the functions around the reference's bind, for functions of the candidate that are in these, too.

    A function has no cell for a variable that it does not read, and cannot be given one: what is tried in it reads
    such a variable as a global one, by another name.

    Parameters
    ----------
    donors, own
        The code that the reference runs, and that the candidate does.
    alive
        The functions to look for it in.
    """

    def __init__(self, donors: Iterable[CodeType], own: Iterable[CodeType], alive: Functions) -> None:
        self._donors, self._alive = [one for one in donors if one.co_freevars], alive
        self._read = {name for code in own if code not in self._donors for name in code.co_freevars}
        self._known: dict[CodeType, Mapping[str, Any]] = {}

    def of(self, code: CodeType) -> Mapping[str, Any]:
        """Return what means something in some code that does not read it, by name; nothing with two meanings."""
        if code not in self._known:
            found: dict[str, list[Any]] = {}
            for donor in self._donors:
                for name, value in self._bound_around(donor, code):
                    found.setdefault(name, []).append(value)
            self._known[code] = {
                name: one
                for name, (one, *others) in found.items()
                if name not in code.co_freevars and all(other is one for other in others)
            }
        return self._known[code]

    def unread(self, code: CodeType) -> dict[str, Any]:
        """Return what of that no function reads that the candidate alone runs."""
        return {name: value for name, value in self.of(code).items() if name not in self._read}

    def renamed(self, code: CodeType) -> dict[str, str]:
        """Return by which other names some code has to read that."""
        return {name: _NAME.format(name) for name in self.of(code)}

    def known_to(
        self, functions: Sequence[Any], codes: Iterable[CodeType]
    ) -> contextlib.AbstractContextManager[None]:
        """Let functions know inside, by these names, what means something in some code."""
        return knowing(
            functions, {_NAME.format(name): value for code in codes for name, value in self.of(code).items()}
        )

    def _bound_around(self, donor: CodeType, code: CodeType) -> Iterator[tuple[str, Any]]:
        """Yield what a donor reads of functions that are around some code, too, where no other one hides it."""
        shared, own = functions_around(donor)[1:], functions_around(code)
        function = next(iter(self._alive.having([donor])), None) if {*shared} <= {*own} else None
        cells = () if function is None or function.__closure__ is None else function.__closure__
        hidden = set[str]().union(*(bound_in(one) for one in own if one not in shared))
        for name, cell in zip(donor.co_freevars, cells, strict=False):
            with contextlib.suppress(ValueError):  # nothing has been assigned to it yet
                if name not in hidden:
                    yield name, cell.cell_contents


@contextlib.contextmanager
def knowing(functions: Sequence[Any], names: Mapping[str, Any]) -> Iterator[None]:
    """Let functions know more names inside, as of their modules."""
    globals_of = [one.__globals__ for one in functions]
    for known in globals_of:
        known.update(names)
    try:
        yield
    finally:
        for known in globals_of:
            for name in names:
                known.pop(name, None)

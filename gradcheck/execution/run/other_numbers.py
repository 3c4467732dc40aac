"""The numbers of the user's that both sides read, with other values for a while.

What repairs a loss has to do so for other numbers, too: one that is twice another one now need not be.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import CellType, CodeType
from typing import Any

from gradcheck.execution.run.functions_alive import is_same_code
from gradcheck.execution.run.functions_near import functions_near
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.source import is_user_file

_SHARES = (0.7, 0.9, 0.8)
"""How much is left of a number, and of the next two: neighbours do not keep their ratio."""


@dataclass(frozen=True, eq=False)
class _Kept:
    """Where a number is kept: the cell of a closure, or a module.

    Parameters
    ----------
    where, name
        The cell, or the names of the module, and by which name it is read.
    """

    where: CellType | dict[str, Any] = field(repr=False)
    name: str

    @property
    def value(self) -> Any:
        if isinstance(self.where, dict):
            return self.where[self.name]
        try:
            return self.where.cell_contents
        except ValueError:  # nothing has been assigned to it yet
            return None

    def give(self, value: float) -> None:
        if isinstance(self.where, dict):
            self.where[self.name] = value
        else:
            self.where.cell_contents = value


@contextlib.contextmanager
def other_numbers(pair: FormulationPair, names: Collection[str]) -> Iterator[bool]:
    """Give numbers that both sides read by some names other values inside; yield whether there are any.

    Only fractions: whole numbers are sizes as well. What an object keeps stays as it is, and so does everything
    while another thread runs the user's code, which may read these numbers.
    """
    if _another_thread_runs_the_users_code():
        yield False
        return
    formulations = pair.case.formulations()
    own, other = (
        _read(functions_near([formulation]), run.recording.codes, names)
        for formulation, run in zip(formulations.values(), pair.runs, strict=True)
    )
    kept = {one: one.value for key, one in own.items() if key in other and _is_fraction(one.value)}
    try:
        for number, (one, value) in enumerate(kept.items()):
            one.give(value * _SHARES[number % len(_SHARES)])
        yield bool(kept)
    finally:
        for one, value in kept.items():
            one.give(value)


def _another_thread_runs_the_users_code() -> bool:
    running = sys._current_frames()
    del running[threading.get_ident()]
    frames = itertools.chain.from_iterable(map(traceback.walk_stack, running.values()))
    return any(is_user_file(frame.f_code.co_filename) for frame, _ in frames)


def _is_fraction(value: Any) -> bool:
    return type(value) is float and math.isfinite(value) and value != 0


def _read(
    functions: Iterable[Any], codes: Sequence[CodeType], names: Collection[str]
) -> dict[tuple[int, str], _Kept]:
    """Return where functions that have some code keep what they, or those in them, read by some names."""
    found: dict[tuple[int, str], _Kept] = {}
    for function in functions:
        if any(is_same_code(code, function.__code__) for code in codes):
            cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
            places = [_Kept(cell, name) for name, cell in cells if name in names]
            known = function.__globals__
            read = _globals_read(function.__code__) & {*names} & known.keys()
            places += [_Kept(known, name) for name in read]
            found |= {(id(one.where), one.name): one for one in places}
    return found


def _globals_read(code: CodeType) -> set[str]:
    inner = (_globals_read(one) for one in code.co_consts if isinstance(one, CodeType))
    return {*code.co_names}.union(*inner)

"""The first op that gave numbers that are not finite though it was given none: found as ops run, one by one.

Only ops that can do so are looked at: those with a pole, and those that overflow. In a function that is compiled,
ops cannot be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.execution.record.caller import Caller, called_by, place_of
from gradcheck.execution.tensorflow_internals import a_tape_records, count_of_elements

_MOST = 1_000_000
"""Larger tensors are not looked at, nor are those on a GPU: it would take as long as making them."""


class FirstNotFinite:
    """Keeps the first op that broke down, forward or backward."""

    def __init__(self) -> None:
        self.op = ""
        self.place: Caller | None = None
        self._roots: Caller | None = None

    def ran(self, kind: str, inputs: Sequence[Any], made: Any, backward: bool) -> None:
        """Look at an op that has run."""
        if self.op or not (backward or a_tape_records()) or not made.dtype.is_floating:
            return
        if count_of_elements(made) > _MOST or "CPU" not in made.backing_device:
            return
        numbers = np.asarray(made)
        if kind == "Sqrt" and not numbers.all():
            self._roots = _asked()  # its derivative is infinite there
        if np.isfinite(numbers).all() or not all(_is_finite(each) for each in inputs):
            return
        self.op = kind
        self.place = self._roots if kind == "SqrtGrad" else None if backward else _asked()


def _asked() -> Caller | None:
    frame = called_by(sys._getframe(1))
    return None if frame is None else place_of(frame)


def _is_finite(tensor: Any) -> bool:
    return not tensor.dtype.is_floating or bool(np.isfinite(np.asarray(tensor)).all())

"""Random generators outside TensorFlow: their state, restoring it, and which of them a run advanced."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.execution.run.generators_of_the_loss import Generator, held


@dataclass(frozen=True)
class Advance:
    """A generator that a run advanced: where it started, and where it ended."""

    name: str
    start: Any
    end: Any


@dataclass(frozen=True)
class _Outsider:
    """A generator outside TensorFlow: how a report calls it, and how its state is read and set."""

    name: str
    state: Callable[[], Any]
    put: Callable[[Any], None]


_GLOBAL = (
    _Outsider("NumPy's np.random", np.random.get_state, np.random.set_state),
    _Outsider("Python's random", random.getstate, random.setstate),
)


class Outsiders:
    """Where the generators outside TensorFlow stand: the global ones, and those that formulations hold."""

    def __init__(self, formulations: Iterable[Any]) -> None:
        own = (_outsider(name, generator) for name, generator in held(formulations))
        self._generators = (*_GLOBAL, *own)
        self._start = [generator.state() for generator in self._generators]
        self._keys = [comparable(state) for state in self._start]

    def restore(self) -> None:
        """Put every generator back that has advanced."""
        for generator, start, key in zip(self._generators, self._start, self._keys, strict=True):
            if comparable(generator.state()) != key:
                generator.put(start)

    def keys(self) -> tuple[Any, ...]:
        """Return the current state of the generators, for comparison."""
        return tuple(comparable(generator.state()) for generator in self._generators)

    def advanced(self) -> tuple[Advance, ...]:
        """Return which of the generators have advanced since."""
        ends = zip(self._generators, self._keys, self.keys(), strict=True)
        return tuple(Advance(generator.name, start, end) for generator, start, end in ends if start != end)


def _outsider(name: str, generator: Generator) -> _Outsider:
    said = f"the generator `{name}`"
    match generator:
        case np.random.BitGenerator():
            return _Outsider(said, lambda: generator.state, lambda state: setattr(generator, "state", state))
        case np.random.RandomState():
            return _Outsider(said, generator.get_state, generator.set_state)
        case random.Random():
            return _Outsider(said, generator.getstate, generator.setstate)


def comparable(state: Any) -> Any:
    """Return the state of a generator as what can be compared and hashed."""
    match state:
        case Mapping():
            return tuple((name, comparable(value)) for name, value in sorted(state.items()))
        case np.ndarray():
            return state.tobytes()
        case tuple() if _is_hashable(state):  # Python's own is one of 625 numbers
            return state
        case tuple() | list():
            return tuple(map(comparable, state))
    return state


def _is_hashable(state: Any) -> bool:
    try:
        hash(state)
    except TypeError:
        return False
    return True

"""The result of one run of a formulation."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.arrays import Array, Tensor
from gradcheck.program.recording import Recording
from gradcheck.source import Site


@dataclass(frozen=True)
class Called:
    """A function made by `tf.function` that ran eagerly, and the place in the user's code that called it."""

    function: Any
    site: Site | None

    @property
    def python(self) -> Any:
        """What the function was made of, as its author wrote it."""
        return inspect.unwrap(self.function.python_function)


@dataclass(frozen=True)
class Run:
    """The result of one run of a formulation.

    `gradients` follow the order of the case's variables; `start` holds the values that these had. `functions`
    are those made by `tf.function` that ran eagerly meanwhile.
    """

    side: str
    value: float
    recording: Recording
    gradients: list[Array | None]
    start: Mapping[str, Tensor]
    functions: Sequence[Called] = ()

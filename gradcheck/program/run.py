"""The result of one run of a formulation."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gradcheck.arrays import Array, Tensor
from gradcheck.program.recording import Breakdown, Recording
from gradcheck.source import Site

Form = Literal["loss", "model", "gradients", "step", "saved"]
"""What a formulation gives: a loss; that of a compiled Keras model; its gradients; what a training step hands to
an optimizer; or gradients that were computed elsewhere and saved."""


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

    Parameters
    ----------
    value
        The loss that was differentiated.
    gradients
        In the order of the case's variables.
    start
        The values that these had, by path.
    functions
        Those made by `tf.function` that ran eagerly meanwhile.
    form
        What the formulation gives.
    direct
        Whether the gradients are those of the recording's loss as it is. Where they are not (they were clipped,
        added up, or saved), that loss is made up so that its gradients are the ones given.
    known
        The loss that the formulation itself computed, with the number of its tensor, if there is one; None where
        it is not known.
    broken_by_hand
        Where a gradient that is written by hand is not finite any more.
    """

    side: str
    value: float
    recording: Recording
    gradients: list[Array | None]
    start: Mapping[str, Tensor]
    functions: Sequence[Called] = ()
    form: Form = "loss"
    direct: bool = True
    known: tuple[float, int | None] | None = None
    broken_by_hand: Breakdown | None = None

    @property
    def finite(self) -> bool:
        """Whether the loss is finite, as far as there is one."""
        return not self.direct or math.isfinite(self.value)

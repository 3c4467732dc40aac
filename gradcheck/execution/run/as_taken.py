"""The gradients of a formulation as its tape gave them, before it makes something else of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class AsTaken:
    """A formulation that is run for the loss that its tape differentiates: a step without what comes after."""

    def __init__(self, formulation: Callable[..., Any]) -> None:
        self.formulation = formulation
        self.__wrapped__ = formulation
        self.__module__ = getattr(formulation, "__module__", __name__)

    def __call__(self, **batch: Any) -> Any:
        """Call the formulation."""
        return self.formulation(**batch)

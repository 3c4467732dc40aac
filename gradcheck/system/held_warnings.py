"""A warning of somebody else's that is held back until it is known whether a finding says the same."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import TextIO

SOFTMAX_OVER_ONE = "You are using a softmax over axis"
"""How Keras's warning of a softmax over one unit begins; it has no category of its own."""


class Held:
    """The warnings that were held back."""

    def __init__(self) -> None:
        self.given: list[tuple[Warning | str, type[Warning], str, int]] = []

    def release(self) -> None:
        """Show the first one, if there is any: the others repeat it with other shapes."""
        for message, category, file, line in self.given[:1]:
            warnings.warn_explicit(message, category, file, line)


@contextlib.contextmanager
def holding_back(beginning: str) -> Iterator[Held]:
    """Hold back what begins so; whatever else is warned of inside is shown as it is outside."""
    held = Held()
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(  # noqa: PLR0917 - as `warnings.showwarning`
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if str(message).startswith(beginning):
                held.given.append((message, category, filename, lineno))
            else:
                shown(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield held

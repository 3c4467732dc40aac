"""What rich would print, as plain text."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType


def plain_text(parts: Iterable[RenderableType], width: int) -> str:
    """Return what rich prints in at most `width` columns, without colours or spaces at the ends of lines."""
    # In a notebook, rich would show what is printed, and not only return it.
    console = Console(file=io.StringIO(), width=width, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())

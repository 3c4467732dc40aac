"""Every private or undocumented part of typer that gradcheck stands on.

No other file uses one, and `tests/execution/test_internals.py` shows the behaviour that is relied on.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class Commands(TyperGroup):
    """The commands; of what is wrong with an option they say what the reader can change.

    `typer.core.TyperGroup.invoke` is where values are converted, and what `typer.BadParameter.message` begins with
    where a function of ours converted one is typer's own. Public: none.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run a command, and leave out of a complaint what typer's parser calls it."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise

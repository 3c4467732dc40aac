"""How much a project makes of a kind of finding: ``severity`` in ``[tool.gradcheck]``."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any, Literal, get_args

from gradcheck.accepted.ignored import SettingsError

SetSeverity = Literal["suspicion", "note"]
"""What a project may set. An error is what was measured or proved, which no setting makes of anything."""


def severities_from(table: Any, file: pathlib.Path) -> Mapping[str, SetSeverity]:
    """Return what ``severity`` in a project's file says, by code.

    Raises
    ------
    SettingsError
        It is no table, or sets something else than ``suspicion`` or ``note``.
    """
    where = f"{file}: [tool.gradcheck] severity"
    if not isinstance(table, dict):
        raise SettingsError(f'{where}: expected a table such as {{ memory = "note" }}')
    for code, level in table.items():
        if level not in get_args(SetSeverity):
            raise SettingsError(
                f"{where}: {code} = {level!r}: expected {' or '.join(map(repr, get_args(SetSeverity)))}"
            )
    return table

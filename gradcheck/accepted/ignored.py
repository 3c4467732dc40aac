"""Findings that a project leaves out: ``ignore`` in ``[tool.gradcheck]``."""

from __future__ import annotations

import fnmatch
import pathlib
from dataclasses import dataclass

from gradcheck.accepted.expressions import below, normal
from gradcheck.errors import GradcheckError
from gradcheck.source import Span


class SettingsError(GradcheckError):
    """What a project sets cannot be used."""


@dataclass(frozen=True)
class Ignored:
    """One entry: what it says of a finding must hold for all that it says.

    Parameters
    ----------
    code
        The code of the finding, such as ``broadcast``; None for any.
    file
        A pattern of file names, from the folder of ``pyproject.toml``, in which ``*`` is any text; None for any.
    text
        The expression; None for any.
    reason
        Why it is left out.
    """

    code: str | None
    file: str | None
    text: str | None
    reason: str

    def matches(self, code: str, span: Span, folder: pathlib.Path) -> bool:
        """Return whether a finding is meant."""
        return (
            self.code in (None, code)
            and (self.file is None or fnmatch.fnmatchcase(below(span.file, folder), self.file))
            and (self.text is None or normal(self.text) == normal(span.text))
        )


_FIELDS = ("code", "file", "text", "reason")


def ignored_from(entries: object, file: pathlib.Path) -> tuple[Ignored, ...]:
    """Return what ``ignore`` in a project's file says.

    Raises
    ------
    SettingsError
        It is no list of tables, or an entry has an unknown field, gives no reason, or names nothing.
    """
    if not isinstance(entries, list):
        raise SettingsError(f"{file}: [tool.gradcheck] ignore: expected a list of tables")
    return tuple(_one(entry, f"{file}: [tool.gradcheck] ignore[{n}]") for n, entry in enumerate(entries))


def _one(entry: object, where: str) -> Ignored:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise SettingsError(f"{where}: expected a table of texts: {', '.join(_FIELDS)}")
    unknown = sorted(set(entry) - set(_FIELDS))
    if unknown:
        raise SettingsError(f"{where}: there is no field {unknown[0]}; expected {', '.join(_FIELDS)}")
    if not entry.get("reason", "").strip():
        raise SettingsError(f"{where}: say why in `reason`")
    if "code" not in entry and "file" not in entry:
        raise SettingsError(f"{where}: name a `code`, a `file`, or both: it would leave out everything")
    return Ignored(entry.get("code"), entry.get("file"), entry.get("text"), entry["reason"].strip())

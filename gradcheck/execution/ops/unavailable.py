"""Why a recording cannot be run again."""

from __future__ import annotations

from gradcheck.program.recording import Op
from gradcheck.source import Site, span_of


class ReplayUnavailableError(Exception):
    """A recording cannot be run again; the message says which op prevents it, and where."""


def unavailable(op: Op, why: str, name: str = "") -> ReplayUnavailableError:
    """Return the error for `op`: its type (or `name`), its place, and `why` as the end of the sentence."""
    return ReplayUnavailableError(f"{name or op.type}{place(op.site)} {why}")


def place(site: Site | None) -> str:
    """Return `` at file:line:column``, or nothing where the place is not known."""
    return "" if site is None else f" at {span_of(site).place}"

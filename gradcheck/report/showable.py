"""Results of several cases, one of which may make the renderer fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from gradcheck.errors import FaultError


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Result = TypeVar("_Result", bound=_Named)


def showable(
    results: Sequence[_Result],
    show: Callable[[list[_Result]], object],
    instead: Callable[[str, str], _Result],
) -> list[_Result]:
    """Return `results`, with the fault in place of each that `show` fails on, so that the others are shown.

    A single result is returned unchanged: nothing else would be lost with it.

    Parameters
    ----------
    show
        Called with each result alone; what it returns is not used.
    instead
        Makes a replacement result from a name and a message about the bug.
    """

    def checked(result: _Result) -> _Result:
        try:
            show([result])
        except Exception as error:  # a fault of ours, whatever it is, is said, and becomes no verdict
            return instead(str(result.name), str(FaultError(error)))
        return result

    return list(results) if len(results) < 2 else [checked(result) for result in results]

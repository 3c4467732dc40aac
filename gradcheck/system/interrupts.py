"""Ctrl-C, even if it surfaces as another exception.

Code in C that is interrupted while it imports a module or calls back into Python may turn the
`KeyboardInterrupt` into an error of its own, or swallow it.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_pressed = False


@contextlib.contextmanager
def noticing_ctrl_c() -> Iterator[None]:
    """Remember inside whether Ctrl-C was pressed; it still raises `KeyboardInterrupt`.

    A handler that somebody else has set, and threads that do not receive signals, are left alone.
    """
    global _pressed  # noqa: PLW0603 - a process has one Ctrl-C
    ours_to_set = threading.current_thread() is threading.main_thread()
    if not ours_to_set or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    _pressed = False
    signal.signal(signal.SIGINT, _note)
    try:
        yield
    finally:
        _pressed = False
        if signal.getsignal(signal.SIGINT) is _note:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def raise_if_pressed() -> None:
    """Raise `KeyboardInterrupt` where Ctrl-C was pressed since `noticing_ctrl_c` was entered."""
    if _pressed:
        raise KeyboardInterrupt


def forget() -> None:
    """Forget that Ctrl-C was pressed: who calls this has seen to it, and goes on."""
    global _pressed  # noqa: PLW0603 - as above
    _pressed = False


def _note(number: int, frame: FrameType | None) -> None:
    global _pressed  # noqa: PLW0603 - as above
    _pressed = True
    signal.default_int_handler(number, frame)

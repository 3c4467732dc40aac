"""What can go wrong before anything can be judged, said so that the reader knows what to do."""

from __future__ import annotations

import os
import pathlib
import re
import traceback

from gradcheck.source import cell_name, is_user_file

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OURS = str(pathlib.Path(__file__).parent) + os.sep


class GradcheckError(Exception):
    """Something stands in the way of a verdict; the message says what, where and what to do."""


class TargetError(GradcheckError):
    """A target cannot be turned into cases."""


class NoCaseError(TargetError):
    """A target names a file or a module in which there is no case."""


class CaseError(GradcheckError):
    """A case cannot be compared as it is: its variables, its batch, or what a formulation returned."""


class BroadcastError(GradcheckError):
    """Samples meet each other that were probably meant one by one; the message is the finding."""


class BroadcastWarning(UserWarning):
    """Samples meet each other that were probably meant one by one; the message is the finding."""


class UserCodeError(GradcheckError):
    """The user's own code raised; the message has their traceback, trimmed to their files, and then any hint."""

    def __init__(self, what: str, error: BaseException, hint: str = "") -> None:
        super().__init__("\n\n".join([what, user_traceback(error), *([hint] if hint else [])]))
        self.what, self.error, self.hint = what, error, hint


class SingleSampleError(UserCodeError):
    """The candidate raised on a single sample, which it may never have been meant to be given."""


def user_traceback(error: BaseException) -> str:
    """Format `error` with the frames of the user's own files only.

    Where none of them took part (an installed formulation, called wrongly), every frame but ours is
    shown. A syntax error has no frame of the file it is in; its last lines show the place. Colours, as
    Keras puts into its messages, are left out.
    """
    report = traceback.TracebackException.from_exception(error)
    _trim(report)
    return _COLOUR.sub("", "".join(report.format())).rstrip()


def described(thing: object) -> str:
    """Return what `thing` is, for a message: ``None``, ``an int``, ``a numpy.float32``."""
    if thing is None:
        return "None"
    kind = type(thing)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _trim(report: traceback.TracebackException) -> None:
    frames = [frame for frame in report.stack if is_user_file(frame.filename)]
    frames = frames or [frame for frame in report.stack if not _is_machinery(frame.filename)]
    for frame in frames:
        frame.filename = cell_name(frame.filename) or frame.filename
    report.stack = traceback.StackSummary.from_list(frames)
    for part in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if part is not None:
            _trim(part)


def _is_machinery(filename: str) -> bool:
    return filename.startswith(("<frozen ", _OURS))

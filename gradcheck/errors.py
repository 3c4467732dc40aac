"""What can go wrong before anything can be judged, said so that the reader knows what to do."""

from __future__ import annotations

import traceback

from gradcheck.source import is_user_file


class GradcheckError(Exception):
    """Something stands in the way of a verdict; the message says what, where and what to do."""


class TargetError(GradcheckError):
    """A target cannot be turned into cases."""


class CaseError(GradcheckError):
    """A case cannot be compared as it is: its variables, its batch, or what a formulation returned."""


class UserCodeError(GradcheckError):
    """The user's own code raised; the message ends in their traceback, trimmed to their files."""

    def __init__(self, what: str, error: BaseException) -> None:
        super().__init__(f"{what}\n\n{user_traceback(error)}")


def user_traceback(error: BaseException) -> str:
    """Format `error` with the frames of the user's own files only.

    A syntax error has no frame of the file it is in; its last lines show the place.
    """
    report = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = report
    while part is not None:
        part.stack = traceback.StackSummary.from_list(
            [frame for frame in part.stack if is_user_file(frame.filename)]
        )
        part = part.__cause__ or part.__context__
    return "".join(report.format()).rstrip()

"""What can go wrong before anything can be judged, said so that the reader knows what to do."""

from __future__ import annotations

import contextlib
import inspect
import os
import pathlib
import re
import traceback
from collections.abc import Iterator

from gradcheck.source import cell_name, is_own_file, is_user_file
from gradcheck.system import interrupts

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


class FaultError(Exception):
    """Gradcheck itself is at fault; the message says of what and where, and asks to report it.

    It is no `GradcheckError`: nothing that handles what is wrong with a case may take a fault for it.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"this is a bug in gradcheck: {type(error).__qualname__}{_innermost_of_ours(error)}; "
            f"please report it with the lines below and the input\n\n{_text(_report(error))}"
        )
        self.error = error


@contextlib.contextmanager
def user_code(what: str) -> Iterator[None]:
    """Run the user's code inside; whatever it raises becomes a `UserCodeError` that begins with `what`.

    That includes what is no `Exception`: `SystemExit`, pytest's skip, a cancelled task. Gradcheck's own errors
    stay what they are, and so does Ctrl-C, also where the code made another error of it.
    """
    try:
        yield
    except (GradcheckError, KeyboardInterrupt):
        raise
    except BaseException as error:  # the user's code may raise anything, and that is what is told
        interrupts.raise_if_pressed()
        raise UserCodeError(what, error) from error


def why(error: BaseException) -> str:
    """Return what to say of an error that ends one case, so that the others are still reported.

    It is one of ours; or one that nobody foresaw, and then either the user's, raised where none of their code
    was expected to run (a property, a conversion to an array), or a fault of gradcheck itself.
    """
    if isinstance(error, GradcheckError):
        return str(error)
    if any(is_user_file(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__)):
        return str(UserCodeError("inspecting the case raised:", error))
    if isinstance(error, MemoryError):
        return f"there is not enough memory: {said(error) or 'Python does not say for what'}"
    return str(FaultError(error))


def said(thing: object) -> str:
    """Return `thing`, such as an error, as text; its `__str__` may raise itself."""
    try:
        return str(thing)
    except Exception:  # the user's own class may do whatever it likes
        return f"{described(thing)} whose text is not available"


def user_traceback(error: BaseException) -> str:
    """Format `error` with the frames of the user's own files only.

    Where none of them took part (an installed formulation, called wrongly), every frame but ours is
    shown. A syntax error has no frame of the file it is in; its last lines show the place. Colours, as
    Keras puts into its messages, are left out.
    """
    report = _report(error)
    if report is not None:
        _trim(report)
    return _COLOUR.sub("", _text(report) or type(error).__qualname__)


def described(thing: object) -> str:
    """Return what `thing` is, for a message: ``None``, ``an int``, ``a numpy.float32``."""
    if thing is None:
        return "None"
    kind = type(thing)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def unawaited(returned: object) -> str:
    """Return what to do where a function returned a coroutine, and close that; "" where it did not.

    Nobody is going to await it, of which Python would warn.
    """
    if not inspect.iscoroutine(returned):
        return ""
    returned.close()
    return " (write `def` instead of `async def`: nothing here is awaited)"


def _report(error: BaseException) -> traceback.TracebackException | None:
    """Return what Python would print of `error`; None where its attributes make that impossible."""
    try:
        report = traceback.TracebackException.from_exception(error)
        _text(report)
    except Exception:  # the offset of a user's SyntaxError, say, may be anything
        return None
    return report


def _text(report: traceback.TracebackException | None) -> str:
    return "" if report is None else "".join(report.format()).rstrip()


def _innermost_of_ours(error: BaseException) -> str:
    """Return `` at file:line`` of the innermost of our own frames that `error` came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_own_file(f.filename)]
    if not frames:
        return ""
    file = pathlib.Path(frames[-1].filename).relative_to(_OURS).as_posix()
    return f" at gradcheck/{file}:{frames[-1].lineno}"


def _trim(report: traceback.TracebackException) -> None:
    seen, waiting = set(), [report]
    while waiting:  # no recursion: a chain of exceptions may be longer than Python lets functions nest
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        _keep_the_users(part)
        parts = (part.__cause__, part.__context__, *(part.exceptions or ()))
        waiting += [inner for inner in parts if inner is not None]


def _keep_the_users(report: traceback.TracebackException) -> None:
    frames = [frame for frame in report.stack if is_user_file(frame.filename)]
    frames = frames or [frame for frame in report.stack if not _is_machinery(frame.filename)]
    for frame in frames:
        frame.filename = cell_name(frame.filename) or frame.filename
    report.stack = traceback.StackSummary.from_list(frames)


def _is_machinery(filename: str) -> bool:
    return filename.startswith(("<frozen ", _OURS))

"""Errors that prevent a judgement, with messages that tell the user what to do."""

from __future__ import annotations

import contextlib
import inspect
import os
import pathlib
import re
import traceback
from collections.abc import Iterator, Sequence

from gradcheck.source import cell_name, is_own_file, is_user_file, shown_path
from gradcheck.system import interrupts

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OURS = str(pathlib.Path(__file__).parent) + os.sep


class GradcheckError(Exception):
    """Something prevents a verdict; the message says what, where and what to do."""


class TargetError(GradcheckError):
    """A target cannot be turned into cases."""


class NoCaseError(TargetError):
    """A target names a file or a module in which there is no case."""


class CaseError(GradcheckError):
    """A case cannot be compared as it is: its variables, its batch, or what a formulation returned."""


class NamedLossesError(CaseError):
    """A formulation returned several losses where one is wanted; `names` are theirs."""

    def __init__(self, names: Sequence[str]) -> None:
        listed = ", ".join(f"`{name}`" for name in names)
        super().__init__(f"there are several losses, {listed}: name one of them in Case(loss=...)")
        self.names = tuple(names)


class BroadcastError(GradcheckError):
    """Samples are broadcast against each other, probably by accident; the message is the finding."""


class BroadcastWarning(UserWarning):
    """Samples are broadcast against each other, probably by accident; the message is the finding."""


class HealthError(GradcheckError):
    """Gradients were taken that cannot train what they should; the message is the findings."""


class HealthWarning(UserWarning):
    """Gradients were taken that cannot train what they should; the message is the finding."""


class UserCodeError(GradcheckError):
    """The user's code raised; the message has the traceback, trimmed to the user's files, and then any hint."""

    def __init__(self, what: str, error: BaseException, hint: str = "") -> None:
        super().__init__("\n\n".join([what, user_traceback(error), *([hint] if hint else [])]))
        self.what, self.error, self.hint = what, error, hint


class SingleSampleError(UserCodeError):
    """The candidate raised on a single sample, which it may not be designed for."""


class ScriptEndedError(BaseException):
    """Ends a script of which enough was seen; a script that catches errors is not to catch it."""


class FaultError(Exception):
    """A bug in gradcheck; the message says what and where, and asks the user to report it.

    It is not a `GradcheckError`, so that code that handles problems with a case does not catch it.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"this is a bug in gradcheck: {type(error).__qualname__}{_innermost_of_ours(error)}; "
            f"please report it with the lines below and the input\n\n{_text(_report(error))}"
        )
        self.error = error


@contextlib.contextmanager
def user_code(what: str) -> Iterator[None]:
    """Run user code inside; anything it raises becomes a `UserCodeError` that begins with `what`.

    This includes exceptions that do not derive from `Exception`: `SystemExit`, a pytest skip, a cancelled
    task. Gradcheck's own errors and faults are not converted, nor is Ctrl-C, even if the code turned it into
    another error.
    """
    try:
        yield
    except (GradcheckError, FaultError, KeyboardInterrupt):
        raise
    except BaseException as error:  # user code may raise anything, and all of it is reported
        interrupts.raise_if_pressed()
        raise UserCodeError(what, error) from error


def why(error: BaseException) -> str:
    """Return the message for an error that ends one case, so that the others are still reported.

    The error is one of ours, or it is unexpected. An unexpected one comes either from user code that ran where
    none was expected to (a property, a conversion to an array), or from a bug in gradcheck.
    """
    if isinstance(error, GradcheckError | FaultError):
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
    except Exception:  # the user's class may do anything
        return f"{described(thing)} whose text is not available"


def user_traceback(error: BaseException) -> str:
    """Format `error` with only the frames of the user's own files.

    If there are none (an installed formulation, called wrongly), all frames except ours are shown. A syntax
    error has no frame in its own file; its last lines show the location. Colour codes, which Keras uses in
    messages, are removed.
    """
    report = _report(error)
    if report is not None:
        _trim(report)
    return _COLOUR.sub("", _text(report) or type(error).__qualname__)


def raised_at(error: BaseException) -> str:
    """Return the innermost line of the user's own files at which something was raised, as ``file:line``; else "".

    What AutoGraph converted has no frames of the user's: its message has the lines, as Python would print them.
    """
    frames = [
        (each.filename, each.lineno or 0)
        for each in traceback.extract_tb(error.__traceback__)
        if is_user_file(each.filename)
    ]
    written = re.findall(r'^ +File "([^"]+)", line (\d+), in ', said(error), re.MULTILINE)
    frames += [(file, int(line)) for file, line in written if is_user_file(file)]
    return f"{shown_path(frames[-1][0])}:{frames[-1][1]}" if frames else ""


def described(thing: object) -> str:
    """Return what `thing` is, for a message: ``None``, ``an int``, ``a numpy.float32``."""
    if thing is None:
        return "None"
    kind = type(thing)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def unawaited(returned: object) -> str:
    """Return advice if a function returned a coroutine, and close the coroutine; "" if it did not.

    Nobody will await it, and Python would warn about that.
    """
    if not inspect.iscoroutine(returned):
        return ""
    returned.close()
    return " (write `def` instead of `async def`: nothing here is awaited)"


def _report(error: BaseException) -> traceback.TracebackException | None:
    """Return what Python would print for `error`; None if its attributes make that impossible."""
    try:
        report = traceback.TracebackException.from_exception(error)
        _text(report)
    except Exception:  # the offset of a user's SyntaxError, say, may be anything
        return None
    return report


def _text(report: traceback.TracebackException | None) -> str:
    return "" if report is None else "".join(report.format()).rstrip()


def _innermost_of_ours(error: BaseException) -> str:
    """Return `` at file:line`` of the innermost of our own frames in the traceback of `error`."""
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

"""Run a user's program as Python would, under a guard."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import pathlib
import runpy
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcheck.errors import ScriptEndedError, TargetError, said
from gradcheck.source import is_own_file
from gradcheck.system.streams import tell
from gradcheck.targets.folders import working_folder

if TYPE_CHECKING:  # what takes long to import, or is the script's to import first
    from gradcheck.findings import Finding
    from gradcheck.program.gradient_health import PlaceHealth
    from gradcheck.training.guard import Guard


@dataclass(frozen=True)
class Program:
    """What is run as ``__main__``.

    Parameters
    ----------
    name
        What its `sys.argv` begins with.
    folder
        What is first on `sys.path` while it runs.
    run
        Runs it; raises a `TargetError` where there is nothing to run.
    """

    name: str
    folder: str
    run: Callable[[], None]


class Ending(NamedTuple):
    """How a program ended: the exit code that Python would give, and `why`, where it was not its last line."""

    code: int
    why: str = ""


@dataclass(frozen=True)
class ScriptOutcome:
    """What a program did, and what was seen of it.

    Parameters
    ----------
    ending
        How the program ended. Findings, and ops seen, are those up to there.
    ops_seen
        How many ops of TensorFlow were watched; None where the program did not import it.
    failed
        Whether something of our own failed, so that not everything was looked at.
    places
        Where it took gradients, with each variable's.
    """

    ending: Ending
    findings: tuple[Finding, ...]
    ops_seen: int | None
    failed: bool
    places: tuple[PlaceHealth, ...] = ()

    @property
    def exit_code(self) -> int:
        """The program's own; where that is 0, 1 for findings, and else 2 where not everything was looked at.

        A note alone is no finding.
        """
        from gradcheck.training.health import is_failing

        return self.ending.code or (1 if is_failing(self.findings) else 2 * self.failed)

    def with_findings(self, found: Sequence[Finding]) -> ScriptOutcome:
        """Return the outcome with further findings, in place of those that suspect the same there."""
        proved = {(each.cause, each.span and (each.span.file, each.span.line)) for each in found}
        kept = [
            each
            for each in self.findings
            if (each.cause, each.span and (each.span.file, each.span.line)) not in proved
        ]
        return replace(self, findings=(*found, *kept))


def script(path: pathlib.Path) -> Program:
    """Return the program that ``python PATH`` runs.

    Raises
    ------
    TargetError
        The file cannot be read, or is no Python.
    """
    code = _compiled(path)

    def run() -> None:
        main = types.ModuleType("__main__")
        main.__file__ = str(path.absolute())
        main.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = main
        exec(code, main.__dict__)

    return Program(str(path), str(path.resolve().parent), run)


def module(name: str) -> Program:
    """Return the program that ``python -m NAME`` runs: a module, or the ``__main__`` of a package.

    Raises
    ------
    TargetError
        The working directory, where it would be found, was deleted.
    """

    def run() -> None:
        try:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
        except Exception as error:  # it may not be found, read or compiled; or it ran, and raised
            if _of_the_program(error.__traceback__) is None:
                reason = said(error) or type(error).__name__
                raise TargetError(f"cannot run the module {name}: {reason}") from error
            raise

    return Program("-m", str(working_folder()), run)


_INTERRUPTED = 130

Alongside = Callable[[], contextlib.AbstractContextManager[None]]
"""Makes what is entered, once TensorFlow is there, while a program runs; it may end it by a `ScriptEndedError`."""


def run_guarded(
    program: Program,
    arguments: Sequence[str],
    seen: Callable[[Finding], None],
    alongside: Alongside = contextlib.nullcontext,
) -> ScriptOutcome:
    """Run `program` with its own `sys.argv` and ``sys.path[0]``, under a guard.

    TensorFlow is not imported before the program does so: what it sets in the environment first still
    counts. An exception that the program does not catch is printed as Python prints it.

    Parameters
    ----------
    seen
        Called with each finding when it is first seen: the program may go on for days, or be killed.
    alongside
        What else is entered while it runs, after the guard.

    Raises
    ------
    TargetError
        There is no such program.
    """
    guards: list[Guard] = []
    faults: list[Exception] = []

    def begin() -> None:
        from gradcheck.training.guard import Guard, warn_of_our_own

        try:
            guards.append(stack.enter_context(Guard("collect", seen, keeps_a_step=True)))
            stack.enter_context(alongside())
        except Exception as error:  # the program is not to end because we cannot watch it
            faults.append(error)
            warn_of_our_own(error)

    with contextlib.ExitStack() as stack, as_main(program, arguments):
        stack.enter_context(_once_tensorflow_is_there(begin))
        ending = ending_of(program.run)
    for each in guards:
        if ending.code != _INTERRUPTED:
            each.look_again()
        each.conclude(ended_early=bool(ending.why))
    return ScriptOutcome(
        ending=ending,
        findings=tuple(finding for each in guards for finding in each.findings),
        ops_seen=sum(each.ops_seen for each in guards) if guards or faults else None,
        failed=bool(faults) or any(each.failed for each in guards),
        places=tuple(place for each in guards for place in each.places),
    )


def _compiled(path: pathlib.Path) -> types.CodeType:
    try:
        return compile(path.read_bytes(), str(path.absolute()), "exec", dont_inherit=True)
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise TargetError(f"{path} is not valid Python: {error}") from error
    except (RecursionError, MemoryError) as error:  # how Python says it depends on what is nested
        raise TargetError(
            f"{path} cannot be compiled: an expression in it is nested too deeply for Python "
            f"({type(error).__name__})"
        ) from error


@contextlib.contextmanager
def as_main(program: Program, arguments: Sequence[str]) -> Iterator[None]:
    """Let a program find what it would find if Python ran it; give back what was there before."""
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [program.name, *arguments]
    # Python put there the folder of the program that it was called with, except with -P.
    sys.path[: 0 if sys.flags.safe_path else 1] = [program.folder]
    try:
        yield
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = before


def ending_of(run: Callable[[], None]) -> Ending:
    """Return how Python would end after `run`, and print what it would print."""
    try:
        run()
    except SystemExit as end:
        code = _exit_code(end.code)
        return Ending(code, f"ended with exit code {code}" if code else "")
    except ScriptEndedError:
        return Ending(0, "was ended, because enough was seen")
    except BaseException as error:  # whatever ends the user's program must not end ours
        if isinstance(error, TargetError) and _of_the_program(error.__traceback__) is None:
            raise
        _show(error)
        if isinstance(error, KeyboardInterrupt):
            return Ending(_INTERRUPTED, "was interrupted")
        return Ending(1, f"ended early ({type(error).__name__})")
    return Ending(0)


def _exit_code(given: object) -> int:
    """Return the exit code for what `sys.exit` was given, and print it where Python prints it."""
    if given is None:
        return 0
    if isinstance(given, int):
        return given & 0xFF if os.name == "posix" else given  # no more reaches whoever waits for the process
    tell(f"{said(given)}\n")
    return 1


def _show(error: BaseException) -> None:
    """Print an error as Python prints an uncaught exception, without our own frames."""
    error.__traceback__ = _without_stand_ins(_of_the_program(error.__traceback__))
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception:  # the program may have set a hook of its own, and that may be wrong
        sys.__excepthook__(type(error), error, error.__traceback__)


def _of_the_program(trace: types.TracebackType | None) -> types.TracebackType | None:
    """Return a traceback from the first frame on that is neither ours nor of what Python runs a module with."""
    while trace is not None and _runs_programs(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _without_stand_ins(trace: types.TracebackType | None) -> types.TracebackType | None:
    """Return a traceback without the frames that stood in for a method of TensorFlow's or Keras's."""
    frames = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    for each in reversed(frames):
        if not each.tb_frame.f_code.co_filename.startswith(_STAND_INS):
            trace = types.TracebackType(trace, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return trace


_STAND_INS = str(pathlib.Path(__file__).parent.parent / "execution" / "training") + os.sep


def _runs_programs(filename: str) -> bool:
    return (
        is_own_file(filename)
        or filename == runpy.run_module.__code__.co_filename
        or filename.startswith("<frozen importlib")
    )


@contextlib.contextmanager
def _once_tensorflow_is_there(enter: Callable[[], Any]) -> Iterator[None]:
    """Call `enter` now if TensorFlow is imported, or else as soon as it is."""
    if "tensorflow" in sys.modules:
        enter()
        yield
        return
    finder = _Finder(enter)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow and Keras as others do, and calls `enter` once TensorFlow is loaded.

    If Keras imports TensorFlow, that is when Keras is loaded too: until then it has no layers.
    """

    def __init__(self, enter: Callable[[], Any]) -> None:
        self._enter = enter
        self._is_loading = False

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name not in _LIBRARIES or self._is_loading:
            return None
        self._is_loading = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._is_loading = False
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._load(load, module)  # type: ignore[method-assign]
        return spec

    def _load(self, load: Callable[[types.ModuleType], None], module: types.ModuleType) -> None:
        self._is_loading = True
        try:
            load(module)
        finally:
            self._is_loading = False
        if "tensorflow" in sys.modules:
            with contextlib.suppress(ValueError):
                sys.meta_path.remove(self)
            self._enter()


_LIBRARIES = ("tensorflow", "keras", "tf_keras")

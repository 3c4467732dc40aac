"""Run somebody's script as Python would, under a guard."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import pathlib
import sys
import traceback
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradcheck.errors import TargetError, said
from gradcheck.source import is_own_file
from gradcheck.streams import tell

if TYPE_CHECKING:  # what takes long to import, or is the script's to import first
    from gradcheck.findings import Finding
    from gradcheck.guarding import Guard


@dataclass(frozen=True)
class Outcome:
    """How a script ended.

    Parameters
    ----------
    exit_code
        Its own, or 1 where that is 0 and something was found.
    ops_seen
        How many ops of TensorFlow were watched; None where the script did not import it.
    """

    exit_code: int
    findings: tuple[Finding, ...]
    ops_seen: int | None


def run_script(path: pathlib.Path, arguments: Sequence[str]) -> Outcome:
    """Run the script at `path` as ``__main__``, with its own `sys.argv` and ``sys.path[0]``.

    TensorFlow is not imported before the script does so: what it sets in the environment first still
    counts. An exception that the script does not catch is printed as Python prints it.

    Raises
    ------
    TargetError
        The file cannot be read, or is no Python.
    """
    code = _compiled(path)
    guards: list[Guard] = []

    def begin() -> None:
        from gradcheck.guarding import guard

        guards.append(stack.enter_context(guard(on="collect")))

    with contextlib.ExitStack() as stack, _as_main(path, arguments) as main:
        stack.enter_context(_once_tensorflow_is_there(begin))
        exit_code = _ending(lambda: exec(code, main.__dict__))
    findings = tuple(finding for each in guards for finding in each.findings)
    ops_seen = sum(each.ops_seen for each in guards) if guards else None
    return Outcome(exit_code or int(bool(findings)), findings, ops_seen)


def _compiled(path: pathlib.Path) -> types.CodeType:
    try:
        return compile(path.read_bytes(), str(path.absolute()), "exec", dont_inherit=True)
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror}") from error
    except (SyntaxError, ValueError) as error:
        raise TargetError(f"{path} is no Python: {error}") from error
    except (RecursionError, MemoryError) as error:  # how Python says it depends on what is nested
        raise TargetError(
            f"{path} cannot be compiled: an expression in it is nested too deeply for Python "
            f"({type(error).__name__})"
        ) from error


@contextlib.contextmanager
def _as_main(path: pathlib.Path, arguments: Sequence[str]) -> Iterator[types.ModuleType]:
    """Make the module that a script runs in; give back what was there before."""
    main = types.ModuleType("__main__")
    main.__file__ = str(path.absolute())
    main.__dict__["__builtins__"] = __builtins__
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [str(path), *arguments]
    # Python put there the folder of the program that it was called with, except with -P.
    sys.path[: 0 if sys.flags.safe_path else 1] = [str(path.resolve().parent)]
    sys.modules["__main__"] = main
    try:
        yield main
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = before


def _ending(run: Callable[[], Any]) -> int:
    """Return the exit code with which Python would end after `run`, and print what it would print."""
    try:
        run()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        tell(f"{said(end.code)}\n")
        return 1
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # as Python does, which ends so also after what is no Exception
        # Without our own frames, which called the script.
        outside = error.__traceback__
        while outside is not None and is_own_file(outside.tb_frame.f_code.co_filename):
            outside = outside.tb_next
        tell("".join(traceback.format_exception(type(error), error, outside)))
        return 1
    return 0


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
    """Finds TensorFlow as others do, and calls `enter` once it is loaded."""

    def __init__(self, enter: Callable[[], Any]) -> None:
        self._enter = enter

    def find_spec(self, name: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_enter(module: types.ModuleType) -> None:
                load(module)
                self._enter()

            spec.loader.exec_module = load_and_enter  # type: ignore[method-assign]
        return spec

"""A case out of a script that trains: the block between a tape and its gradient, cut out while the script runs."""

from __future__ import annotations

import contextlib
import pathlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcheck.errors import GradcheckError, TargetError
from gradcheck.source import read_anew
from gradcheck.targets.batches import leaves
from gradcheck.training.case_file import CaseFile
from gradcheck.training.saved_case_source import place_of_case

if TYPE_CHECKING:
    from gradcheck.execution.cut.cutter import Cutter, Saved
    from gradcheck.execution.cut.cutting import NotCutError


class NotSavedError(GradcheckError):
    """A case could not be cut out of a script; the message says what of it, where, and what to do."""


@dataclass(frozen=True)
class SavedCase:
    """A case that was written.

    Parameters
    ----------
    file
        Where it is.
    place
        The line of the script that takes its gradient.
    variables, samples, batches
        How many it has.
    off
        How far its gradients are from those that the script had, relative to their norm; None if it could not be
        run by itself.
    wrong
        What is not as in the script; "" if nothing is.
    left_out
        Attributes that could not be cut out, and that the block may not need.
    others
        Other places of the script where gradients are taken.
    """

    file: pathlib.Path
    place: str
    variables: int
    samples: int
    batches: int
    off: float | None
    wrong: str = ""
    left_out: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def place_wanted(text: str | None) -> tuple[str, int] | None:
    """Return the file and the line of ``FILE:LINE``.

    Raises
    ------
    TargetError
        It is something else, or there is no such file.
    """
    if text is None:
        return None
    name, _, line = text.rpartition(":")
    if not name or not line.isdigit():
        raise TargetError(f"--at {text}: expected FILE:LINE, such as train.py:120")
    path = pathlib.Path(name)
    if not path.is_file():
        raise TargetError(f"--at {text}: there is no file {name}")
    return str(path.absolute()), int(line)


class CaseSaver:
    """Cuts a case out of a program that runs, and writes it.

    Parameters
    ----------
    file
        Where to write it.
    at
        As `place_wanted` returns it.

    """

    def __init__(self, file: pathlib.Path, at: tuple[str, int] | None = None) -> None:
        self._file, self._at = file, at
        self._cutter: Cutter | None = None
        self._before: set[str] = set()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for the block in what runs inside; it is ended when the case can be written."""
        from gradcheck.execution.cut.cutter import Cutter

        read_anew()
        self._before = set(sys.modules)
        self._cutter = Cutter(self._at)
        with self._cutter.waiting():
            yield

    def written(self) -> SavedCase:
        """Write the case, run it once, and return what came of it.

        Raises
        ------
        NotSavedError
            There is nothing to write; the message says why.
        """
        cutter = self._cutter
        if cutter is None:
            raise NotSavedError("no case was saved: the script did not import TensorFlow")
        if cutter.fault is not None:
            raise cutter.fault
        if cutter.saved is None:
            raise NotSavedError(_why_not(cutter, self._at))
        off, wrong = CaseFile(self._file, cutter.saved, self._before).written()
        return self._described(cutter, cutter.saved, off, wrong)

    def _described(self, cutter: Cutter, saved: Saved, off: float | None, wrong: str) -> SavedCase:
        first = saved.batches[0]
        samples = next((len(array) for _, array in leaves(first)), 0)
        return SavedCase(
            self._file,
            place_of_case(saved),
            len(saved.gradients),
            samples,
            len(saved.batches),
            off,
            wrong,
            tuple(saved.cut.pieces.left_out),
            tuple(cutter.others),
        )


def _why_not(cutter: Cutter, at: tuple[str, int] | None) -> str:
    """Return why nothing was cut out."""
    if cutter.refused:
        lines = [f"{where}: {refusal(each.error)}" for where, each in cutter.refused.items()]
        return "no case could be cut out of the script:\n  " + "\n  ".join(lines)
    if at is not None:
        return f"no case was saved: no gradient was taken for variables at {pathlib.Path(at[0]).name}:{at[1]}"
    return (
        "no case was saved: no gradient was taken for variables in the script's main thread, "
        "with a tape that is opened in a `with`"
    )


def refusal(error: NotCutError) -> str:
    """Return what of a block could not be cut out, where it is read, and what to do."""
    read = "" if error.line is None else f", which line {error.line} reads"
    names = f"`{'` → `'.join(error.names)}`{read}: " if error.names else ""
    return f"{names}{error.what}" + (f"; {error.advice}" if error.advice else "")

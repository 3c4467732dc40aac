"""A case out of a script that trains: the block between a tape and its gradient, cut out while the script runs."""

from __future__ import annotations

import contextlib
import pathlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.errors import GradcheckError, TargetError, why
from gradcheck.judgement.differences import distance, norm
from gradcheck.source import is_user_file
from gradcheck.targets.batches import leaves, outline
from gradcheck.training.saved_case_source import Way, place_of_case, source_of

if TYPE_CHECKING:
    from gradcheck.arrays import Array
    from gradcheck.execution.cut.cutter import Cutter, Refused, Saved

SAME = 1e-5
"""How far the gradients of the case and of the script are apart at most, relative to their norm: rounding."""


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
        self._write(cutter.saved)
        off, wrong = self._checked(cutter.saved)
        return self._described(cutter, cutter.saved, off, wrong)

    def _write(self, saved: Saved) -> None:
        store = saved.cut.store
        store.batches = []
        arrays = {}
        for number, batch in enumerate(saved.batches):
            nest = {f"batch {number}": dict(batch)}
            arrays.update(dict(leaves(nest)))
            store.batches.append(_inner(outline(nest)))
        with self._file.with_suffix(".npz").open("wb") as file:
            np.savez(file, **{**store.all_arrays(), **arrays})

    def _checked(self, saved: Saved) -> tuple[float | None, str]:
        """Write the source in the ways that there are, until one gives what the script had."""
        kept = any(kind != "tensor" for kind in saved.cut.kinds.values())
        result = self._written(saved, Way())
        way = Way(as_in_script=bool(result[1]) and kept)
        if way.as_in_script:
            result = self._written(saved, way)
        if not result[1] and saved.cut.counts and not self._runs_on_one():
            # A number that is the number of samples is one on a single sample: tried, as it may be so by chance.
            counted = self._written(saved, way._replace(counted=True))
            if counted[1] or not self._runs_on_one():
                self._written(saved, way)
        return result

    def _written(self, saved: Saved, way: Way) -> tuple[float | None, str]:
        self._file.write_text(source_of(saved, self._file, way), encoding="utf-8")
        return self._run(saved)

    def _runs_on_one(self) -> bool:
        from gradcheck.execution.cut.rerun import runs_on_one_sample

        return runs_on_one_sample(self._file)

    def _run(self, saved: Saved) -> tuple[float | None, str]:
        from gradcheck.execution.cut.rerun import gradients_of

        for name in _of_the_user(set(sys.modules) - self._before):
            del sys.modules[name]  # the case is to import them itself, as they are without the script
        try:
            loss, gradients = gradients_of(self._file, saved.generators)
        except GradcheckError as error:
            return None, f"it does not run by itself: {why(error)}"
        off, wrong = 0.0, []
        for path, own in saved.gradients.items():
            apart = _apart(own, gradients[path])
            off = max(off, apart)
            if not apart <= SAME:
                wrong.append(f"`{path}` by {apart:.1e} of its norm")
        if wrong:
            return off, (
                f"its gradients are not those that the script had: {', '.join(wrong[:3])} "
                f"(the loss is {loss:.7g}, and was {saved.loss:.7g})"
            )
        return off, ""

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


def _inner(nest: object) -> object:
    ((_, items),) = nest.items()  # type: ignore[attr-defined]
    return items[0][1]


def _of_the_user(modules: Iterable[str]) -> list[str]:
    files = ((name, getattr(sys.modules[name], "__file__", None)) for name in modules)
    return [name for name, file in files if file is not None and is_user_file(file)]


def _apart(one: Array | None, other: Array | None) -> float:
    if one is None or other is None:
        return 0.0 if one is other else float("inf")
    if np.array_equal(one, other, equal_nan=True):
        return 0.0
    size = max(norm(one), norm(other))
    return distance(one, other) / size if size else 0.0


def _why_not(cutter: Cutter, at: tuple[str, int] | None) -> str:
    """Return why nothing was cut out."""
    if cutter.refused:
        lines = [f"{where}: {_refusal(each)}" for where, each in cutter.refused.items()]
        return "no case could be cut out of the script:\n  " + "\n  ".join(lines)
    if at is not None:
        return f"no case was saved: no gradient was taken for variables at {pathlib.Path(at[0]).name}:{at[1]}"
    return (
        "no case was saved: no gradient was taken for variables in the script's main thread, "
        "with a tape that is opened in a `with`"
    )


def _refusal(refused: Refused) -> str:
    """Return what of a block could not be cut out, where it is read, and what to do."""
    error = refused.error
    read = "" if error.line is None else f", which line {error.line} reads"
    names = f"`{'` → `'.join(error.names)}`{read}: " if error.names else ""
    return f"{names}{error.what}" + (f"; {error.advice}" if error.advice else "")

"""The two files of a case that was cut out of a script, and whether it gives what the script had."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np

from gradcheck.errors import GradcheckError, why
from gradcheck.judgement.differences import distance, norm
from gradcheck.source import is_user_file
from gradcheck.targets.batches import leaves, outline
from gradcheck.training.saved_case_source import Way, source_of

if TYPE_CHECKING:
    from gradcheck.arrays import Array
    from gradcheck.execution.cut.cutter import Saved

SAME = 1e-5
"""How far the gradients of the case and of the script are apart at most, relative to their norm: rounding."""


class CaseFile:
    """A case's source, and the arrays beside it.

    Parameters
    ----------
    file
        Where to write the source.
    saved
        What was cut out.
    before
        The names of the modules that were imported before the script ran.
    """

    def __init__(self, file: pathlib.Path, saved: Saved, before: Collection[str]) -> None:
        self._file, self._saved, self._before = file, saved, before
        self._way = Way()

    def _write_arrays(self) -> None:
        saved, store = self._saved, self._saved.cut.store
        store.batches = []
        arrays = {}
        for number, batch in enumerate(saved.batches):
            nest = {f"batch {number}": dict(batch)}
            arrays.update(dict(leaves(nest)))
            store.batches.append(_inner(outline(nest)))
        with self._file.with_suffix(".npz").open("wb") as file:
            np.savez(file, **{**store.all_arrays(), **arrays})

    def written(self) -> tuple[float | None, str]:
        """Write it in the ways that there are, until one gives what the script had.

        Returns
        -------
        How far its gradients are from those that the script had, relative to their norm, or None if it does not
        run; and what is wrong, "" if nothing is.
        """
        saved = self._saved
        self._write_arrays()
        kept = any(kind != "tensor" for kind in saved.cut.kinds.values())
        result = self._write_source(Way())
        way = Way(as_in_script=bool(result[1]) and kept)
        if way.as_in_script:
            result = self._write_source(way)
        fails_on_one = not result[1] and bool(saved.cut.counts) and not self._runs_on_one()
        # A number that is the number of samples is one on a single sample: tried, as it may be so by chance.
        if fails_on_one and not (self.follows_the_batch() and self._runs_on_one()):
            self._write_source(way)
        return result

    def follows_the_batch(self) -> bool:
        """Write it with numbers that are the number of samples following the batch, if it has some that do not.

        Returns
        -------
        Whether it has, and gives what the script had.
        """
        if not self._saved.cut.counts or self._way.counted:
            return False
        return not self._write_source(self._way._replace(counted=True))[1]

    def _write_source(self, way: Way) -> tuple[float | None, str]:
        self._way = way
        self._file.write_text(source_of(self._saved, self._file, way), encoding="utf-8")
        return self._run()

    def _runs_on_one(self) -> bool:
        from gradcheck.execution.cut.rerun import runs_on_one_sample

        return runs_on_one_sample(self._file)

    def _run(self) -> tuple[float | None, str]:
        from gradcheck.execution.cut.rerun import gradients_of

        saved = self._saved
        for name in _of_the_user(set(sys.modules) - set(self._before)):
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
                f"its gradients are not those of the script: {', '.join(wrong[:3])} "
                f"(the loss is {loss:.7g}, and was {saved.loss:.7g})"
            )
        return off, ""


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

"""A counterexample as a Python file, so that one command reproduces it."""

from __future__ import annotations

import base64
import io
import os
import pathlib
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.comparison.api import diff_factory
from gradcheck.errors import CaseError, GradcheckError
from gradcheck.fuzzing.result import FuzzResult
from gradcheck.options import Options
from gradcheck.source import in_docstring
from gradcheck.targets.batches import replace_leaves
from gradcheck.targets.loading import load
from gradcheck.targets.samples import named_samples

_LITERAL = 200
"""Arrays of more elements are written as base64."""

_FILE = '''\
"""The smallest batch found on which the formulations of `{name}` differ: {samples}.

    gradcheck diff {file}
"""

import numpy as np

import gradcheck
from gradcheck.fuzzing.reproduce import {imported}


@gradcheck.case
def {function}() -> gradcheck.Case:
    return case_with_batch(
        {target!r},
        beside=__file__,
        seed={seed},
        settings={settings},
        batch={{
{arrays}
        }},
    )
'''


def case_with_batch(
    target: str,
    *,
    batch: Mapping[str, Array],
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    beside: str | None = None,
) -> Case:
    """Return the one case that `target` names, on another batch.

    Parameters
    ----------
    target
        ``path/to/file.py:name`` or ``package.module:name``.
    batch
        Every array of the case's batch, by its place in the nest, such as ``nets/0/weights``.
    seed
        Where all random generators start, and the `seed` of the factory: it makes the weights.
    settings
        Values for other parameters of the factory.
    beside
        A file, whose folder the path in `target` starts from; the working directory when left out.

    Raises
    ------
    TargetError
        There is no such case.
    CaseError
        `batch` does not have the arrays of the case.
    """
    from gradcheck.execution.run.freeze import seeded

    (factory,) = load(_beside(target, beside))
    with seeded(seed):
        made = factory.make(seed=seed, settings=settings)
    from gradcheck.fuzzing.variants import arrays_of

    own = arrays_of(made.batch)
    if set(own) != set(batch):
        raise CaseError(
            f"the batch of `{factory.name}` has the arrays {sorted(own)}, and {sorted(batch)} are given: "
            "has the case changed?"
        )
    samples = named_samples(made.batch, made.samples)
    return replace(made, batch=replace_leaves(made.batch, batch), samples=samples)


def from_base64(text: str) -> Array:
    """Return the array that is written in `text` as an npz file in base64; pickles are refused."""
    with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as file:
        array: Array = file["array"]
    return array


def write_repro(
    path: pathlib.Path, target: str, function: str, result: FuzzResult, settings: Mapping[str, Any]
) -> None:
    """Write the counterexample of `result` to `path`, and see that it shows the same verdict.

    Parameters
    ----------
    target
        Where the case came from, with or without its name.
    function
        The name of its factory.
    settings
        The values that the parameters of the factory had.

    Raises
    ------
    GradcheckError
        There is no counterexample, the file cannot be written, or the written file does not reproduce it.
    """
    if result.counterexample is None:
        raise GradcheckError(f"cannot write {path}: there is no counterexample to reproduce")
    place = target.removesuffix(f":{function}")
    text = repro(path, f"{place}:{function}", result, settings)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GradcheckError(f"cannot write {path}: {error.strerror}") from error
    (factory,) = load(str(path))
    verdict, wanted = diff_factory(factory, Options(budget=0)).verdict, result.counterexample.report.verdict
    if verdict != wanted:
        raise GradcheckError(
            f"{path} was written, but does not reproduce it: its verdict is {verdict}, but was {wanted}. "
            "Does the case depend on anything besides the batch, the seed and the settings?"
        )


def repro(path: pathlib.Path, target: str, result: FuzzResult, settings: Mapping[str, Any]) -> str:
    """Return the source of a file at `path` that defines the case of `result` on its counterexample."""
    assert result.counterexample is not None
    batch = result.counterexample.batch
    arrays = {place: _source(array) for place, array in batch.arrays.items()}
    encoded = any(source.startswith("from_base64") for source in arrays.values())
    return _FILE.format(
        name=in_docstring(result.name),
        samples=f"{batch.samples} sample{'s' * (batch.samples != 1)}",
        file=in_docstring(shlex.quote(path.name)),
        imported="case_with_batch, from_base64" if encoded else "case_with_batch",
        function=_name(target),
        target=_from(path, target),
        seed=batch.seed,
        settings=dict(settings),
        arrays="\n".join(f"            {place!r}: {source}," for place, source in arrays.items()),
    )


def _name(target: str) -> str:
    return target.rpartition(":")[2]


def _from(path: pathlib.Path, target: str) -> str:
    """Return `target` with the path in it as seen from the folder of `path`."""
    place, _, name = target.rpartition(":")
    if not pathlib.Path(place).is_file():
        return target
    try:
        seen = os.path.relpath(pathlib.Path(place).resolve(), path.resolve().parent)
    except ValueError:  # on another drive
        seen = str(pathlib.Path(place).resolve())
    return f"{pathlib.Path(seen).as_posix()}:{name}"


def _beside(target: str, file: str | None) -> str:
    place, _, name = target.rpartition(":")
    there = pathlib.Path(file or "").resolve().parent / place
    return f"{there}:{name}" if file is not None and there.is_file() else target


def _source(array: Array) -> str:
    """Return an expression for `array`: a literal that gives its very bits back, or else base64."""
    literal = f"np.array({array.tolist()!r}, dtype={str(array.dtype)!r})"
    # The lists of an array without elements do not tell its shape.
    plain = array.dtype.kind in "biuf" and 0 < array.size <= _LITERAL and np.isfinite(array).all()
    if plain:
        return literal
    file = io.BytesIO()
    np.savez_compressed(file, array=_savable(array))
    return f"from_base64({base64.b64encode(file.getvalue()).decode()!r})"


def _savable(array: Array) -> Array:
    return array.astype("S") if array.dtype == object else array

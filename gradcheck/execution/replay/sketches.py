"""How far large gradients are from those in float64, without computing the latter.

The gradient for a matrix that samples are multiplied by is itself a product of two matrices, X'G, and the most
expensive one of a replay. Times a few columns of random signs, S, it is X'(GS), which takes next to nothing. For
any matrix A, ‖AS‖² divided by the number of columns is ‖A‖² in the mean (Freivalds, "Probabilistic machines can
use less running time", 1977). So the gradient as it ran, N, is off by about ‖NS − X'(GS)‖ / √columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.ops.direct_gradients import is_plain_product
from gradcheck.execution.record.variable_reads import assigns
from gradcheck.execution.replay.exact import exact_replay
from gradcheck.execution.replay.float64_gradients import is_proved_by
from gradcheck.execution.replay.machine import ReplayUnavailableError
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run

LARGE = 2**20
"""How many numbers a gradient has at least that is not computed."""

COLUMNS = 8

SAFETY = 2
"""How many times the estimate counts. It is too small even so once in fifty times where the difference is a
product of two vectors, which is the worst case; what rounding leaves is not."""


@dataclass(frozen=True)
class Measured:
    """How far the gradients of a run are from those in float64, for each variable, and how large they are."""

    off: Sequence[float]
    sizes: Sequence[float]


def measured(run: Run, norms: Sequence[float | None]) -> Measured | None:
    """Replay `run` in float64 without the large gradients; None where there is none, or nothing is proved so.

    Parameters
    ----------
    norms
        The norms of the gradients as they ran. For a large one it stands for the one in float64 too, which differs
        by no more than it is off.
    """
    paths = set(_sketched(run.recording, run.start))
    if not paths:
        return None
    random = np.random.default_rng(0)
    signs = {
        path: tf.constant(random.choice((-1.0, 1.0), (run.start[path].shape[1], COLUMNS))) for path in paths
    }
    try:
        exact = exact_replay(run.recording, run.start, signs).gradients
    except ReplayUnavailableError:
        return None
    triples = list(zip(run.start, run.gradients, exact, strict=True))
    off = [_off(native, one, signs.get(path)) for path, native, one in triples]
    sizes = [
        size if path in paths and size is not None else norm(one)
        for (path, _, one), size in zip(triples, norms, strict=True)
    ]
    if not is_proved_by(run, exact, off, sizes):
        return None
    return Measured(
        [SAFETY * one if path in paths else one for (path, *_), one in zip(triples, off, strict=True)], sizes
    )


def _off(native: Array | None, exact: Array | None, signs: Any) -> float:
    if signs is None or native is None or exact is None:
        return distance(native, exact)
    return distance(_product(native, signs.numpy()), exact) / math.sqrt(COLUMNS)


_WIDENED = 2**16
"""How many numbers are widened at a time: few enough to stay in the processor's cache."""


def _product(matrix: Array, signs: Any) -> Array:
    length, width = matrix.shape
    rows = max(1, _WIDENED // width)
    wide, product = np.empty((min(rows, length), width)), np.empty((length, COLUMNS))
    for start in range(0, length, rows):
        part = matrix[start : start + rows]
        wide[: len(part)] = part
        np.matmul(wide[: len(part)], signs, out=product[start : start + rows])
    return product


def _sketched(recording: Recording, start: Mapping[str, Any]) -> Iterator[str]:
    """Yield the large matrices that something is multiplied by, and nothing else is done with."""
    if assigns(recording):  # what is read after an assignment is another value
        return
    reads: dict[str, list[int]] = {}
    for number, path in recording.reads.items():
        reads.setdefault(path, []).append(number)
    for path, numbers in reads.items():
        value = start.get(path)
        is_large = value is not None and value.dtype == tf.float32 and value.shape.num_elements() >= LARGE
        if is_large and len(numbers) <= 2 and all(_only_multiplies(recording, number) for number in numbers):
            yield path


def _only_multiplies(recording: Recording, number: int) -> bool:
    readers = recording.consumers.get(number, ())
    return bool(readers) and all(
        is_plain_product(op) and op.inputs[1] == number != op.inputs[0] for op in readers
    )

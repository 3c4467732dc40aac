"""Two gradients reduced to a size that can be stored in a report and drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array

LONGEST = 64
"""How many cells a picture has at most along each axis."""

_ROUNDING = 1e-5
"""Below this share of the larger gradient, two elements of float32 differ by rounding."""


@dataclass(frozen=True, eq=False)
class Downsampled:
    """The gradients of one variable as matrices of cells.

    Parameters
    ----------
    rows, columns
        Of the whole gradient seen as a matrix: the last axis along the columns, all others along the rows.
    reference, candidate
        The cells, None if the gradient is None. A cell that covers several elements
        holds one of them, the same on both sides: the one on which the sides differ most, or, where
        they differ by rounding alone, the largest.
    """

    rows: int
    columns: int
    reference: Array | None
    candidate: Array | None

    @property
    def step(self) -> tuple[int, int]:
        """The number of rows and columns of the gradient that a cell covers."""
        return _step(self.rows), _step(self.columns)


def downsample(reference: Array | None, candidate: Array | None) -> Downsampled | None:
    """Reduce the gradients of one variable; None where there is nothing to see."""
    present = [gradient for gradient in (reference, candidate) if gradient is not None]
    if not present or not present[0].size:
        return None
    rows, columns = _matrix(present[0].shape)
    matrices = [gradient.reshape(rows, columns) for gradient in present]
    cells = iter(_cells(matrices))
    return Downsampled(
        rows,
        columns,
        None if reference is None else next(cells),
        None if candidate is None else next(cells),
    )


def _matrix(shape: Sequence[int]) -> tuple[int, int]:
    return math.prod(shape[:-1]), shape[-1] if shape else 1


def _cells(matrices: Sequence[Array]) -> list[Array]:
    rows, columns = matrices[0].shape
    if columns > rows:  # the bands run along the longer axis, so that no band is large
        return [cells.T for cells in _cells([matrix.T for matrix in matrices])]
    kind = np.float64 if matrices[0].dtype == np.float64 else np.float32
    if rows <= LONGEST:
        return [matrix.astype(kind) for matrix in matrices]
    step = _step(rows)
    bands = [
        _row([matrix[start : start + step].astype(kind, copy=False) for matrix in matrices])
        for start in range(0, rows, step)
    ]
    return [np.stack(cells) for cells in zip(*bands, strict=True)]


def _step(length: int) -> int:
    return math.ceil(length / LONGEST)


def _row(band: Sequence[Array]) -> list[Array]:
    """Return one row of cells for each side, from a band as wide as the gradient."""
    telling = _telling(band)
    columns = telling.shape[1]
    step = _step(columns)
    best = np.full(math.ceil(columns / step) * step, -1, telling.dtype)
    best[:columns] = telling.max(axis=0)
    across = np.argmax(best.reshape(-1, step), axis=1) + np.arange(0, best.size, step)
    deep = np.argmax(telling[:, across], axis=0)
    return [side[deep, across] for side in band]


def _telling(band: Sequence[Array]) -> Array:
    """Return how much each element has to tell: how far the sides differ on it, rounding apart."""
    sizes = np.abs(band[0])
    if len(band) == 1:
        return sizes
    with np.errstate(invalid="ignore"):  # inf - inf
        apart = np.abs(band[1] - band[0])
    np.maximum(sizes, np.abs(band[1]), out=sizes)
    # A difference that is real outweighs every size; a NaN is the largest of all to argmax.
    largest = sizes.max(initial=0.0)
    if not np.isfinite(largest):
        largest = sizes.max(initial=0.0, where=np.isfinite(sizes))
    return np.where(apart <= _ROUNDING * largest, _ROUNDING * sizes, apart)

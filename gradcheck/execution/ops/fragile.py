"""Ops that may end the process, or write where they must not, given what nobody has seen them run with.

In TensorFlow 2.21 on a CPU with oneDNN, a convolution of three axes aborts, and so do a Fourier transform of
length zero and a scattering of updates with an axis too many; a batched product of matrices such as
(8, 1, 24, 3) by (3, 2) corrupts the heap. Before TensorFlow 2.20, a transposition to axes that are counted from
the end aborts too. A user's own code may run any of them; what is tried for them must not.
`tests/support/fragile_ops.py` tries which other ops end the process.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from gradcheck.execution.tensorflow_internals import op_definition
from gradcheck.program.recording import Shape


@functools.cache
def multiplies_batches(kind: str) -> bool:
    """Return whether an op multiplies batches of matrices."""
    return "adj_x" in _attributes(kind)


@functools.cache
def is_fragile(kind: str) -> bool:
    """Return whether an op slides a window over a tensor, scatters updates, or multiplies batches of matrices."""
    scatters = {"indices", "updates"} <= set(_inputs(kind))
    return "strides" in _attributes(kind) or scatters or multiplies_batches(kind)


def fragile_ranks(kind: str, shapes: Sequence[Shape]) -> tuple[int, ...] | None:
    """Return the ranks that have to be known to do no harm; None where none can, as of equal batches."""
    if not is_fragile(kind) or (multiplies_batches(kind) and shapes[0][:-2] == shapes[1][:-2]):
        return None
    return tuple(map(len, shapes))


_LEAST = {"fft_length": 1, "perm": 0}
"""By the name of an input, the least number that does no harm in it: a length, a place in an order of axes."""


@functools.cache
def harmless_from(kind: str) -> tuple[int, int] | None:
    """Return which input of an op holds numbers that do no harm from some number on, and that number."""
    names = enumerate(_inputs(kind))
    return next(((place, _LEAST[name]) for place, name in names if name in _LEAST), None)


def _attributes(kind: str) -> set[str]:
    known = op_definition(kind)
    return set() if known is None else {attribute.name for attribute in known.attr}


def _inputs(kind: str) -> list[str]:
    known = op_definition(kind)
    return [] if known is None else [given.name for given in known.input_arg]

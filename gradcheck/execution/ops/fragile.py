"""Ops that may end the process, or write where they must not, given what nobody has seen them run with.

In TensorFlow 2.21 on a CPU with oneDNN, a convolution of three axes aborts, and so do a Fourier transform of
length zero and a scattering of updates with an axis too many; a batched product of matrices such as
(8, 1, 24, 3) by (3, 2) corrupts the heap. A user's own code may run any of them; what is tried for them must not.
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
    scatters = {"indices", "updates"} <= _inputs(kind)
    return "strides" in _attributes(kind) or scatters or multiplies_batches(kind)


def fragile_ranks(kind: str, shapes: Sequence[Shape]) -> tuple[int, ...] | None:
    """Return the ranks that have to be known to do no harm; None where none can, as of equal batches."""
    if not is_fragile(kind) or (multiplies_batches(kind) and shapes[0][:-2] == shapes[1][:-2]):
        return None
    return tuple(map(len, shapes))


@functools.cache
def has_length(kind: str) -> bool:
    """Return whether an op is a Fourier transform that is told its length, as its second input."""
    return "fft_length" in _inputs(kind)


def _attributes(kind: str) -> set[str]:
    known = op_definition(kind)
    return set() if known is None else {attribute.name for attribute in known.attr}


def _inputs(kind: str) -> set[str]:
    known = op_definition(kind)
    return set() if known is None else {given.name for given in known.input_arg}

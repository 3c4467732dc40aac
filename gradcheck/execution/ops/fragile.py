"""Ops that may end the process, or write where they must not, given ranks that nobody has seen them run with.

In TensorFlow 2.21 on a CPU with oneDNN, a convolution of three axes aborts, and a batched product of matrices such
as (8, 1, 24, 3) by (3, 2) corrupts the heap. A user's own code may run either; what is tried for them must not.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from gradcheck.execution.tensorflow_internals import op_definition
from gradcheck.program.recording import Shape

PRODUCTS = frozenset({"BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"})


@functools.cache
def is_fragile(kind: str) -> bool:
    """Return whether an op slides a window over a tensor, or multiplies batches of matrices."""
    known = op_definition(kind)
    slides = known is not None and any(attribute.name == "strides" for attribute in known.attr)
    return slides or kind in PRODUCTS


def fragile_ranks(kind: str, shapes: Sequence[Shape]) -> tuple[int, ...] | None:
    """Return the ranks that have to be known to do no harm; None where none can, as of equal batches."""
    if not is_fragile(kind) or (kind in PRODUCTS and shapes[0][:-2] == shapes[1][:-2]):
        return None
    return tuple(map(len, shapes))

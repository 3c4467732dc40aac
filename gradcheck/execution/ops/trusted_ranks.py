"""Ranks that TensorFlow does not check: it ends the process where a convolution is given another one."""

from __future__ import annotations

import functools

from gradcheck.execution.tensorflow_internals import op_definition


@functools.cache
def trusts_ranks(kind: str) -> bool:
    """Return whether an op slides a window over a tensor: those are the ones that may not check its rank."""
    known = op_definition(kind)
    return known is not None and any(attribute.name == "strides" for attribute in known.attr)

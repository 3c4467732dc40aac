"""What TensorFlow is given to run an op, told apart: its inputs, and its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.execution.tensorflow_internals import op_definition


def told_apart(kind: str, operands: Sequence[Any]) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """Return the inputs of an op, and its attributes by name.

    Parameters
    ----------
    operands
        As a `Look` is given them: inputs in one list and attributes in another, or the name of the op, each input
        and each attribute behind its name. An input may be a text, as a name is: only their number tells.
    """
    first, *others = operands
    if isinstance(first, list | tuple):
        return first, _by_name(others[0] or ())
    count = len(input_names(kind))
    return others[:count], _by_name(others[count:])


def input_names(kind: str) -> list[str]:
    """Return what TensorFlow calls the inputs of ops of a kind; none of one that is a function."""
    known = op_definition(kind)
    return [] if known is None else [given.name for given in known.input_arg]


def _by_name(flat: Sequence[Any]) -> Mapping[str, Any]:
    return {tf.compat.as_str(name): value for name, value in zip(flat[::2], flat[1::2], strict=False)}

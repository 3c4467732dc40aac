"""A trace: the shapes in one run of a function and the code that produced them, without values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradcheck.program.recording import TensorInfo
from gradcheck.source import Site

CallChain = tuple[Site, ...]
"""The places in the user's code that led to an op, the outermost first."""


@dataclass(frozen=True, slots=True)
class Step:
    """One op of a run.

    Parameters
    ----------
    type
        TensorFlow's name of the op, such as ``MatMul``.
    inputs, outputs
        Numbers of tensors, unique within the process.
    path
        The user code that called it; empty if none was on the stack.
    calls
        For each place of `path`, the number of its execution: steps that an expression made in one go
        have the same number there, and those of the next iteration of a loop another one.
    layers
        The Keras layers that were being called below the innermost place, the outermost first.
    """

    type: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    path: CallChain
    calls: tuple[int, ...]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """The steps of one run of a function, up to its end or up to where it raised.

    Parameters
    ----------
    tensors
        Shape and dtype of every tensor that any step read or made, by number.
    arguments
        The tensors that the function was called with, by number, with their names.
    results
        The tensors that it returned.
    returned
        The tensors that each call of a Keras layer returned which returned several, in their order; and the
        function itself.
    """

    steps: tuple[Step, ...]
    tensors: Mapping[int, TensorInfo]
    arguments: Mapping[int, str]
    results: tuple[int, ...]
    returned: tuple[tuple[int, ...], ...] = ()

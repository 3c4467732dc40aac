"""Convolutions kept to the ranks that they are known to run with: TensorFlow may end the process at others."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.execution.ops.trusted_ranks import trusts_ranks
from gradcheck.execution.run.runners import looking
from gradcheck.program.recording import Recording


class OtherRankError(Exception):
    """A convolution would be given tensors of ranks that none was given before."""


class KnownRanks:
    """The ranks of what the convolutions of some recordings were given; nothing of kinds that they do not have."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self._known = defaultdict[str, set[tuple[int, ...]]](set)
        self._harmless = set[Any]()
        for recording in recordings:
            for op in recording.ops:
                if trusts_ranks(op.type):
                    self._known[op.type].add(tuple(map(len, recording.shapes(op.inputs))))

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Let no convolution of this thread be given other ranks inside: an `OtherRankError` is raised before."""
        with looking(self._look, past=self._harmless):
            yield

    def _look(self, name: Any, operands: Sequence[Any]) -> None:
        kind = tf.compat.as_str(name)
        if kind not in self._known:
            self._harmless.add(name)
        elif (ranks := tuple(_ranks(operands))) not in self._known[kind]:
            raise OtherRankError(f"{kind} of tensors of ranks {ranks}")


def _ranks(operands: Sequence[Any]) -> Iterator[int]:
    for operand in operands:
        if isinstance(operand, list | tuple):
            yield from _ranks(operand)
        elif hasattr(operand, "shape"):
            yield len(operand.shape)

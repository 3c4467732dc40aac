"""Comprehensions that run in the frame of their function, as they do since Python 3.12."""

from __future__ import annotations

import dis
from dataclasses import dataclass
from types import CodeType


@dataclass(frozen=True, slots=True)
class Inlined:
    """Where a comprehension lies in the code of its function, in bytes.

    Parameters
    ----------
    whole
        The instruction that makes its empty result: its position is that of the comprehension.
    loop
        The one that asks the outermost iterable for its next element.
    end
        Where `loop` jumps to when there is none.
    """

    whole: int
    loop: int
    end: int

    def holds(self, instruction: int) -> bool:
        """Return whether an instruction belongs to the loop. The outermost iterable is evaluated before it."""
        return self.loop <= instruction < self.end


_EMPTY = ("BUILD_LIST", "BUILD_SET", "BUILD_MAP")


def inlined(code: CodeType) -> tuple[Inlined, ...]:
    """Return the comprehensions that run in the frame of `code`, an outer one before those in it.

    There are none before Python 3.12, where each has a code of its own, as a generator expression still has.
    """
    # Python 3.13 asks once more for the iterator, which is one already.
    instructions = [
        each for each in dis.get_instructions(code) if each.opname not in ("EXTENDED_ARG", "GET_ITER")
    ]
    # The iterator is on the stack already, and is swapped with the empty result: nothing else does so.
    return tuple(
        Inlined(made.offset, loop.offset, loop.argval)
        for made, swap, loop in zip(instructions, instructions[1:], instructions[2:], strict=False)
        if made.opname in _EMPTY and swap.opname == "SWAP" and loop.opname == "FOR_ITER"
    )

"""What a choice takes nothing of: an operand of a minimum, a bound or a condition that no element comes from.

Gradients that agree on a batch say nothing of what no sample of it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array, each_is_among
from gradcheck.program.ops import BOUNDS, CHOICES, INSIDE, OPS
from gradcheck.program.queries import Numbered, by_number, is_constant, leads_to_a_pole
from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, Span, call_at, operand_spans, span_of


@dataclass(frozen=True)
class Untaken:
    """An operand that a choice may take nothing of, in all runs of its expression.

    Parameters
    ----------
    choice, operand
        Where both are written.
    op, number
        The first run of the choice, and which of its inputs the operand is.
    """

    choice: Span
    operand: Span
    op: Op
    number: int


Taken = Callable[[Sequence[Op], int], bool]
"""Whether anything is taken of an input of a choice, in any of its runs."""


def untaken(recording: Recording, other: Recording, written: Recording, is_taken: Taken) -> Iterator[Untaken]:
    """Yield what the choices of a program take nothing of and another program has not got.

    Left out are operands that are not written there, as those of a function of a library, and constants that keep
    a logarithm or a division finite or fill what a mask leaves out. Where the other program has more than a
    million numbers, nothing is known.

    Parameters
    ----------
    written
        A run of the program as its source is; `recording` may be one with other text somewhere.

    Notes
    -----
    That another program has the same numbers somewhere does not mean that it chooses among them alike.
    """
    choices, as_written = _choices(recording), _choices(written)
    known: Array | None = None
    if choices.keys() != as_written.keys() or (choices and _is_large(other)):
        return
    for where in choices:
        runs, site = choices[where], as_written[where][0].site
        assert site is not None
        for number in range(len(runs[0].inputs)):
            operand = _written(site, runs[0].type, number)
            if operand is None or _is_a_guard(runs[0], number, recording):
                continue
            own = _numbers(recording, {op.inputs[number] for op in runs})
            if not own.size or is_taken(runs, number):
                continue
            known = _numbers(other, other.tensors) if known is None else known
            if not each_is_among(own, known, _CLOSE * own):
                yield Untaken(span_of(site), operand, runs[0], number)


def _choices(recording: Recording) -> dict[Numbered, list[Op]]:
    those = (op for op in recording.ops if op.type in _CHOOSE and op.index in recording.contributing)
    return by_number(those)


def _is_large(recording: Recording) -> bool:
    return sum(about.size for about in recording.tensors.values()) > _MOST


_CHOOSE = BOUNDS | CHOICES

_MOST = 1_000_000

_FILLING = 1e6
"""From which size on a number stands for none."""

_CLOSE = 1e-5
"""Relative difference up to which two numbers are the same: a few roundings in float32."""


def is_chosen(recording: Recording) -> Taken:
    """Return what says whether any element of the results of some choices is one of an input of theirs."""

    def is_taken(runs: Sequence[Op], number: int) -> bool:
        for op in runs:
            given, made = recording.array(op.inputs[number]), recording.array(op.outputs[0])
            if not np.isfinite(made).all() or np.any(given == made):
                return True
        return False

    return is_taken


def _written(site: Site, kind: str, number: int) -> Span | None:
    """Return where an input of an op is written in the call, or between the operands, that runs it."""
    operands = operand_spans(site, frozenset(OPS[kind].functions))
    if operands:
        return operands[number] if number < len(operands) else None
    call = call_at(site)
    name = "" if call is None else call.name
    place = INSIDE.get(name, {}).get((kind, number))
    operands = operand_spans(site, frozenset({name})) if place is not None else []
    return operands[place] if place is not None and place < len(operands) else None


def _is_a_guard(op: Op, number: int, recording: Recording) -> bool:
    """Return whether an input is a constant that keeps from a pole, or fills what a mask leaves out."""
    tensor = op.inputs[number]
    if not is_constant(tensor, recording):
        return False
    return leads_to_a_pole(op, recording) or bool(np.all(np.abs(recording.array(tensor)) >= _FILLING))


def _numbers(recording: Recording, tensors: Collection[int]) -> Array:
    """Return the sizes of the numbers that some tensors of floats hold, sorted."""
    held = [np.abs(recording.array(one)).ravel() for one in tensors if recording.tensors[one].floating]
    return np.sort(np.concatenate([one.astype(np.float64) for one in held])) if held else np.zeros(0)

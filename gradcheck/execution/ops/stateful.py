"""Ops whose recorded outputs are reused in a replay: random ops and ops with state."""

from __future__ import annotations

import functools
from typing import Literal

from gradcheck.execution.ops.attributes import definition
from gradcheck.execution.ops.unavailable import ReplayUnavailableError, unavailable
from gradcheck.program.ops import (
    CONTROL,
    DRAW_DIFFERENTIABLY,
    DRAW_INTEGERS,
    ONLY_TELL,
    PYTHON,
    STATE_OF_A_VARIABLE,
    WITHOUT_STATE,
)
from gradcheck.program.recording import Op, Recording


def keeps_state_in_kernels(recording: Recording) -> bool:
    """Return whether some op may go on, in the next run, from where it stopped: one that draws, mostly."""
    return any(keeps_state(kind) for kind in {op.type for op in recording.ops})


@functools.cache
def keeps_state(kind: str) -> bool:
    """Return whether the kernel of an op may do another thing the next time that it runs."""
    known = definition(kind)
    if known is None or any(name == "seed" for name, _, _ in known.attributes):  # as of pooling
        return True
    return known.stateful and not kind.startswith(STATE_OF_A_VARIABLE + WITHOUT_STATE)


def keeps_its_record(op: Op, recording: Recording) -> bool:
    """Return whether the recorded outputs of `op` are reused, not recomputed."""
    when = _keeps_record(op.type)
    return when == "always" or (when == "given a handle" and not _runs_on_made(op, recording))


def kept_records(recording: Recording) -> dict[int, Op]:
    """Return the ops whose recorded outputs are reused, by index."""
    may = {kind for kind in {op.type for op in recording.ops} if _keeps_record(kind) != "never"}
    return {op.index: op for op in recording.ops if op.type in may and keeps_its_record(op, recording)}


@functools.cache
def _keeps_record(kind: str) -> Literal["never", "always", "given a handle"]:
    known = definition(kind)
    if known is None or kind in ONLY_TELL:
        return "never"
    if known.stateful or _is_random(kind):
        return "always"
    return "given a handle" if known.opaque else "never"


def obstacle(op: Op, recording: Recording) -> ReplayUnavailableError | None:
    """Return why repeating the outputs of `op` would be wrong, or None.

    Numbers that follow from a variable's value differ in float64; repeated, they would not.
    """
    makes_floats = any(_holds_floats(recording, number) for number in op.outputs)
    if (
        not makes_floats
        or op.type in DRAW_INTEGERS | DRAW_DIFFERENTIABLY
        or not follows_a_variable(op, recording)
    ):
        return None
    if op.type in PYTHON:
        return unavailable(op, "runs Python code, which a replay cannot run again", PYTHON[op.type])
    return unavailable(op, "has state or is random, and depends on a variable: it cannot be run in float64")


def follows_a_variable(op: Op, recording: Recording) -> bool:
    """Return whether some floating input of `op` was made from a variable of the case."""
    pending = [number for number in op.inputs if _holds_floats(recording, number)]
    seen: set[int] = set()
    while pending:
        number = pending.pop()
        if number in recording.reads:
            return True
        producer = recording.producer(number)
        if producer is not None and producer.index not in seen:
            seen.add(producer.index)
            pending.extend(producer.inputs)
    return False


def _is_random(kind: str) -> bool:
    return "Random" in kind or (kind.startswith("Stateless") and kind not in CONTROL)


def _runs_on_made(op: Op, recording: Recording) -> bool:
    """Return whether every handle that `op` takes was made by an op that the replay runs too."""
    for number in op.inputs:
        if recording.tensors[number].dtype in ("resource", "variant"):
            producer = recording.producer(number)
            if producer is None or "Dataset" in producer.type or keeps_its_record(producer, recording):
                return False
    return True


def _holds_floats(recording: Recording, number: int) -> bool:
    """Return whether a tensor is floating, or a variant: a list that may be of floats."""
    tensor = recording.tensors[number]
    return tensor.floating or tensor.dtype == "variant"

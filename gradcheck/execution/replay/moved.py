"""Whether anything comes of what an op reads: it is moved a little, and the loss is computed again."""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.replay.machine import Replay
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.places import place_of
from gradcheck.program.recording import Op
from gradcheck.program.run import Run
from gradcheck.repair.language import Edit, call, with_input

_STEP, _SAME = 1e-4, 1e-12
"""How far it is moved, as a share of its largest number, and how near results come that do not change."""


def comes_of(run: Run, op: Op, number: int) -> bool:
    """Return whether loss or gradients in float64 change with an input of an op, in all runs of its expression.

    What goes linearly into the loss moves that alone. True where nothing is known: the ops cannot be run again, or
    not with another input.
    """
    size = np.abs(run.recording.array(op.inputs[number])).max(initial=0.0)
    step = _STEP * float(size or 1.0)
    edit = Edit(place_of(op), with_input(number, lambda own: call("add", own, step)))
    before, after = (edited_replay(run.recording, run.start, edits) for edits in ([], [edit]))
    if before is None or after is None:
        return True
    pairs = zip(_results(before), _results(after), strict=True)
    return any(not distance(one, other) <= _SAME * norm(one) for one, other in pairs)  # nor where one is NaN


def _results(made: Replay) -> list[Array | None]:
    return [np.asarray(made.value), *made.gradients]

"""The effects of a mistake on the loss, in words, each tested on this batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.causes.broadcast import both_are_broadcast
from gradcheck.findings import Finding
from gradcheck.judgement.differences import difference
from gradcheck.program.places import place_of
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.goal import Attempt
from gradcheck.repair.language import Edit, call, with_input

_SAME = 1e-9
_SAME_IN_FLOAT32 = 1e-4


def symptoms(op: Op, finding: Finding, recording: Recording, samples: int, attempt: Attempt) -> list[str]:
    """Return what was tested and holds for an op of the candidate in which both operands are broadcast.

    Parameters
    ----------
    samples
        n, the length of the sample axis.
    attempt
        Replays the candidate in float64 with edits.
    """
    if not both_are_broadcast(op, recording):
        return []
    names = [f"`{operand.span.text}`" for operand in finding.operands]
    if len(names) != 2:
        return []
    found = _product_of_means(op, names, recording)
    for number, name in enumerate(names):
        shape = recording.tensors[op.inputs[number]].shape
        if samples in shape and _order_is_lost(op, number, shape.index(samples), attempt):
            found.append(
                f"tested: with {name} in reverse order the gradients stay the same, so it no longer "
                "matters which sample it belongs to"
            )
            break
    return found


def _product_of_means(op: Op, names: Sequence[str], recording: Recording) -> list[str]:
    if op.type != "Mul":
        return []
    readers = recording.consumers.get(op.outputs[0], ())
    if not any(
        reader.type == "Mean" and recording.tensors[reader.outputs[0]].size == 1 for reader in readers
    ):
        return []
    left, right, product = (
        float(np.mean(recording.array(number), dtype=np.float64)) for number in (*op.inputs, op.outputs[0])
    )
    if abs(product - left * right) > _SAME_IN_FLOAT32 * abs(product):
        return []
    return [
        f"tested: the mean of the result is mean({names[0][1:-1]}) · mean({names[1][1:-1]}) = {left * right:.6g}"
    ]


def _order_is_lost(op: Op, number: int, axis: int, attempt: Attempt) -> bool:
    turned = with_input(number, lambda operand: call("reverse", operand, axis=(axis,)))
    as_it_is, reversed_ = attempt(()), attempt((Edit(place_of(op), turned),))
    if as_it_is is None or reversed_ is None:
        return False
    pairs = zip(as_it_is.gradients, reversed_.gradients, strict=True)
    return all(difference(one, other).relative <= _SAME for one, other in pairs)

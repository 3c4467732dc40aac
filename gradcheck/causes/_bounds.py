"""Bounds and rectifiers, which hold numbers back: of how many, and what to say of one that is left out."""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import Array
from gradcheck.causes._naming import clip_of, named
from gradcheck.program.ops import HOLD_BACK
from gradcheck.program.queries import is_constant, leads_to_a_pole
from gradcheck.program.recording import Op, Recording
from gradcheck.repair.changes import Change, Said
from gradcheck.repair.language import At, Call, Input
from gradcheck.repair.usual import held_back_input, inner_bound, is_inner_bound


def keeps_from_a_pole(change: Change) -> bool:
    """Return whether a change leaves out what keeps a logarithm or a division finite for some elements."""
    bounds = _left_out(change)
    return (
        bool(bounds) and leads_to_a_pole(bounds[0], change.recording) and _share(bounds, change.recording) < 1
    )


def let_pass(change: Change) -> Said | None:
    """Return what to say of a change by which one or two bounds are left out; None of any other."""
    bounds, recording = _left_out(change), change.recording
    if not bounds:
        return None
    share, guards = _share(bounds, recording), leads_to_a_pole(bounds[0], recording)
    return Said(
        message=_in_words(bounds, share, recording),
        words="leave this out",
        # Without the bound, float32 meets the pole that it keeps away from; float64, in which the edit was
        # tried, may just miss it.
        in_source=not guards,
        rank=0 if share > 0.5 else 1,
        tie_break=len(bounds),  # what is there was meant: a repair that keeps more of it is likelier
        notes=_FUSE if guards else (),
    )


def _left_out(change: Change) -> list[Op]:
    """Return the bounds of one expression that a change leaves out."""
    op, recording = change.op, change.recording
    inner = inner_bound(op, recording)
    if not change.trained or op.type not in HOLD_BACK or is_inner_bound(op, recording):
        return []
    if inner is None:
        return [op] if change.left_in == held_back_input(op, recording) else []
    match change.expression:
        case At(input=0):
            return [op, inner]
        case Call(name="minimum" | "maximum", arguments=(_, Input())):
            return [inner]
        case Call(name="minimum" | "maximum") | Input():
            return [op]
    return []


def _share(bounds: list[Op], recording: Recording) -> float:
    return sum(saturated_share(bound, recording) for bound in bounds)


_FUSE = (
    "the bound keeps a logarithm or a division finite: a fused function, such as "
    "tf.nn.sigmoid_cross_entropy_with_logits, needs no bound",
)


def _in_words(bounds: list[Op], share: float, recording: Recording) -> str:
    op = bounds[0]
    if len(bounds) > 1:
        return f"{clip_of(op)} stops the gradient of {elements(share)} beyond its bounds"
    name = named(op)
    if op.type == "Relu":
        return f"{name} stops the gradient of {elements(share)}: they are negative"
    if all(is_constant(tensor, recording) for tensor in op.inputs[1:]):
        return f"{name} stops the gradient of {elements(share)} beyond its bound"
    return f"{name} takes the other operand for {elements(share)}"


def elements(share: float) -> str:
    """Return how many elements a share of them is, in words."""
    if share in (0, 1):
        return "all elements" if share else "no elements"
    return f"{share:.0%} of the elements" if share >= _LEAST else "less than 1% of the elements"


_LEAST = 0.01


def saturated_share(op: Op, recording: Recording) -> float:
    """Return the share of elements that a clip, bound or rectifier holds back, in all runs of its expression."""
    runs = [
        one
        for one in recording.at_site[op.site]
        if one.type == op.type and one.index in recording.contributing
    ]
    held = np.concatenate([_is_held_back(one, recording) for one in runs])
    return float(np.mean(held)) if held.size else 0.0


def _is_held_back(op: Op, recording: Recording) -> Array:
    """Return for each element whether `op` changed it."""
    before = next((t for t in op.inputs if not is_constant(t, recording)), op.inputs[0])
    given, made = recording.array(before), recording.array(op.outputs[0])
    return (given != made).ravel() if given.shape == made.shape else np.zeros(0, dtype=bool)

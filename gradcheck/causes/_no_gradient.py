"""Describe parts of the candidate that have no gradient while others learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradcheck.causes._evidence import Evidence
from gradcheck.findings import CauseName, Finding, Severity
from gradcheck.program.ops import ACTIVATIONS, BOUNDS, CHOICES, OPS
from gradcheck.program.recording import Closing, Op, Recording


def parts(evidence: Evidence, cause: CauseName) -> list[Finding]:
    """Return one finding for each part that is closed on either side, by the place that closes it.

    Parameters
    ----------
    cause
        ``dead``: the gradient is exactly zero. ``disconnected``: it is None.

    Notes
    -----
    That a part does not learn from this loss on this batch is a fact. Whether it was to learn is not known: a
    stop of the gradient is mostly meant. It changes no verdict.
    """
    severity: Severity = "error" if evidence.verdict == "vacuous" else "note"
    some = {path: one for path, one in evidence.closed.items() if (one.how in _DEAD) == (cause == "dead")}
    return [replace(one, cause=cause, severity=severity) for one in _of(some, evidence.candidate)]


def killed(evidence: Evidence) -> list[Finding]:
    """Return one finding for each part whose gradient is zero in the candidate alone, by what makes it so."""
    return [replace(one, cause="dead", severity="error") for one in _of(evidence.killed, evidence.candidate)]


def _of(closed: Mapping[str, Closing], recording: Recording) -> list[Finding]:
    groups: dict[object, dict[str, Closing]] = {}
    for path, closing in closed.items():
        groups.setdefault(_place(closing), {})[path] = closing
    return [_finding(members, recording) for members in groups.values()]


def named(paths: Sequence[str]) -> str:
    """Return paths of variables in a sentence, the first few of many."""
    shown = [f"`{path}`" for path in paths[:_SHOWN]]
    rest = len(paths) - len(shown)
    return ", ".join([*shown, f"{rest} more"] if rest else shown)


_SHOWN = 4
_DEAD = ("zero", "times zero")


def _place(closing: Closing) -> object:
    """Return what variables have in common whose way is closed by the same thing."""
    op = closing.zeros or closing.op
    if closing.variable is not None:
        return closing.variable
    return closing.how if op is None else (op.site, op.type)


def _finding(members: Mapping[str, Closing], recording: Recording) -> Finding:
    closed = [path for path, closing in members.items() if closing.how != "times zero"]
    times = [path for path in members if path not in closed]
    closing = members[closed[0] if closed else times[0]]
    op = closing.zeros or closing.op
    message, notes = _said(closing, op, closed or times, recording)
    if closed and times:
        has, they = ("has", "it multiplies") if len(times) == 1 else ("have", "they multiply")
        notes = (*notes, f"{named(times)} {has} no gradient either: {they} the zeros that it returns")
    shapes = () if op is None else (*recording.shapes(op.inputs), *recording.shapes(op.outputs))
    return Finding(
        cause="dead", message=message, span=None if op is None else op.span, shapes=shapes, notes=notes
    )


def _said(
    closing: Closing, op: Op | None, paths: Sequence[str], recording: Recording
) -> tuple[str, tuple[str, ...]]:
    names = named(paths)
    if op is None or closing.how == "unread":
        return f"the loss never reads {names}", ("neither its value nor its gradient depends on them",)
    if closing.how == "zero":
        size = recording.tensors[op.outputs[0]].size
        said = f"{_why_zero(op, size)}: no gradient passes through"
        return said, (f"exactly zero: {names}", *_in_a_layer(op, recording))
    if closing.how == "times zero":
        return _times_zero(closing, op, names, recording)
    if closing.how == "copied":
        said = f"the gradient of {names} ends here: what follows does not depend on it"
        return said, ("`.numpy()`, `float()` and NumPy functions copy a value and drop its gradient",)
    if op.type == "StopGradient":
        return f"the gradient is stopped here: no gradient path leads from this loss to {names}", ()
    return f"{op.type} has no gradient: {names} cannot learn through it", ()


def _in_a_layer(op: Op, recording: Recording) -> list[str]:
    layer = recording.layers.get(op.outputs[0])
    return [] if layer is None else [f"it is part of layer `{layer.path}` ({layer.kind})"]


def _times_zero(closing: Closing, op: Op, names: str, recording: Recording) -> tuple[str, tuple[str, ...]]:
    if closing.variable is not None:
        said = f"`{closing.variable}` is zero everywhere: what it multiplies has no gradient until it changes"
    elif closing.zeros is not None:
        size = recording.tensors[op.outputs[0]].size
        said = f"all {size} elements are zero here: what multiplies them has no gradient"
    else:
        said = "this multiplies by zeros: no gradient passes through"
    return said, (f"exactly zero: {names}",)


def _why_zero(op: Op, size: int) -> str:
    all_of_them = f"all {size} elements" if size > 1 else "its only element"
    if op.type in BOUNDS:
        return f"{all_of_them} are beyond a bound" if size > 1 else f"{all_of_them} is beyond a bound"
    if op.type in CHOICES:
        return f"the other branch is taken for {all_of_them}"
    name = OPS[op.type].functions[0].replace("_", "-") if op.type in ACTIVATIONS else op.type
    return f"the derivative of {name} is zero for {all_of_them}"

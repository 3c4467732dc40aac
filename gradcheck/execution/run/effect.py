"""Whether a text that is written in place of an expression has an effect on the loss."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.execution.replay.adjoints import adjoints
from gradcheck.execution.replay.machine import Machine
from gradcheck.program.queries import Numbered, by_number
from gradcheck.program.recording import Op, Recording
from gradcheck.program.run import Run
from gradcheck.source import Site, is_expression, position_of, span_of


def has_an_effect(rerun: Run, site: Site, text: str) -> bool:
    """Return whether what a text computes is felt in the loss of a run with it; True where that is not known.

    It is not where gradients pass from there to the loss and all of them are zero: it is the one of two that is
    not chosen, or beyond a bound, and anything else might stand there. What is read for an index or a condition
    passes no gradient on at all, and nothing is known of it.
    """
    recording = rerun.recording
    within = [op for op in recording.ops if _is_in(op, site, text)] if is_expression(site) else []
    inside = {op.index for op in within}
    read = [
        number
        for op in within
        for number in op.outputs
        if any(one.index not in inside for one in recording.consumers.get(number, ()))
    ]
    found = adjoints(Machine(recording, rerun.start, float64=False), recording) if read else {}
    felt = [found.get(number) for number in read]
    return not read or any(one is None or one.any() for one in felt)


def decides_nothing(own: Recording, rerun: Recording, site: Site) -> bool:
    """Return whether an expression only decides something, and nothing is decided in a run with another one there.

    The loss then reads no more of it than answers, which are all the same: anything else that gives these might
    stand there, as a number that is too small for every bound.
    """
    asked = {op.index for op in _asked_of(own, [op for op in own.ops if site in (op.site, *op.callers)])}
    before, after = _questions(own), _questions(rerun)
    places = [place for place, ops in before.items() if any(op.index in asked for op in ops)]
    if before.keys() != after.keys() or not any(_differ(before[place], own) for place in places):
        return False
    return not any(_differ(after[place], rerun) for place in places)


def _questions(recording: Recording) -> dict[Numbered, list[Op]]:
    """Return what makes truth values, by what is the same in a run with a text."""
    return by_number([op for op in recording.ops if _is_a_question(op, recording)])


def _asked_of(recording: Recording, ops: Sequence[Op]) -> list[Op]:
    """Return what makes truth values of what some ops give; nothing if that is read otherwise, too."""
    pending, seen = list(ops), {op.index for op in ops}
    asked = []
    for op in pending:
        if _is_a_question(op, recording):
            asked.append(op)
            continue
        if recording.loss in op.outputs:
            return []
        readers = (one for number in op.outputs for one in recording.consumers.get(number, ()))
        new = [one for one in readers if one.index not in seen and one.index in recording.contributing]
        seen.update(one.index for one in new)
        pending += new
    return asked


def _is_a_question(op: Op, recording: Recording) -> bool:
    return bool(op.outputs) and recording.tensors[op.outputs[0]].dtype == "bool"


def _differ(asked: Sequence[Op], recording: Recording) -> bool:
    """Return whether there is more than one answer."""
    return len({answer for op in asked for answer in recording.array(op.outputs[0]).ravel().tolist()}) > 1


def _is_in(op: Op, site: Site, text: str) -> bool:
    """Return whether an op was asked for by a text, as `replaced_text` writes it: what it replaces comes below."""
    span = span_of(site)
    last = span.line + text.count("\n")
    for one in (op.site, *op.callers):
        if one is not None and one.code.co_qualname == site.code.co_qualname:
            line, column, *_ = position_of(one)
            if span.line < line <= last or (line == span.line and column >= span.column):
                return True
    return False

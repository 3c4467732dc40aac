"""Whether a text that is written in place of an expression has an effect on the loss."""

from __future__ import annotations

from gradcheck.execution.replay.adjoints import adjoints
from gradcheck.execution.replay.machine import Machine
from gradcheck.program.recording import Op
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

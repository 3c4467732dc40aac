"""Reports, findings and spans made by hand, and drawn."""

from __future__ import annotations

import linecache
import re
from typing import Any

import numpy as np
from hypothesis import strategies as st

from gradcheck.findings import Finding, Fix, Operand
from gradcheck.source import Span


def a_report(**changes: Any) -> Any:
    """Return a report on one variable whose gradients differ, made without TensorFlow."""
    from gradcheck.comparison.report import LossReport, Report, VariableReport
    from gradcheck.judgement.verdict import Sides, judge

    (judgement,) = judge([Sides(np.ones(2), changes.pop("gradient", np.zeros(2)))], None)
    variable = VariableReport(
        path=changes.pop("path", "w"),
        shape=(2,),
        dtype="float32",
        states=("finite", "zero"),
        judgement=judgement,
    )
    loss = LossReport(value=changes.pop("value", 1.0), span=changes.pop("span", None))
    parts = {
        "name": "case",
        "verdict": "different",
        "reason": "1 of 1 gradients differ",
        "losses": {"reference": loss, "candidate": loss},
        "variables": (variable,),
        "findings": (),
    }
    return Report(**{**parts, **changes})


def a_proof(**changes: Any) -> Any:
    """Return the proof of an edit that was tried on two batches."""
    from gradcheck.findings import Proof

    return Proof(
        **{
            "tried": "leave this out",
            "residual": 1e-16,
            "samples": (8, 6),
            "second": "another seed",
            **changes,
        }
    )


def masked(text):
    """Hide figures, which may vary from one TensorFlow to another; not line numbers, shapes or counts."""
    figure = r"-?\d+\.\d+(e[+-]\d+)?|\d+e[+-]\d+|\d+%"
    return re.sub(figure, lambda match: "#" * len(match[0]), text)


def a_span(source, text, *, name="<a test>"):
    """Return the span of `text` in a file that holds `source` from its first line on."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    start = source.index(text)
    return Span(name, *position(source, start), *position(source, start + len(text)), text)


def position(source, offset):
    before = source[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


def a_finding(span, **changes):
    return Finding(**{"cause": "other", "message": "something", "span": span, "shapes": (), **changes})


names = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=120)
numbers = st.floats(width=64)
shapes = st.lists(st.integers(1, 10**9), max_size=6).map(tuple)
code = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=150)


@st.composite
def reports(draw):
    left, right = draw(code), draw(code)
    indent, before, after = (draw(st.integers(0, 100)) for _ in range(3))
    line = f"{' ' * indent}{'b' * before}{left} * {right}{'a' * after}"
    start = indent + before
    linecache.cache["<drawn>"] = (len(line), None, [line + "\n"], "<drawn>")

    def part(first, text):
        return Span("<drawn>", 1, first + 1, 1, first + len(text) + 1, text)

    whole = part(start, f"{left} * {right}")
    operands = (
        Operand(span=part(start, left), shape=draw(shapes)),
        Operand(span=part(start + len(left) + 3, right), shape=draw(shapes)),
    )
    finding = a_finding(
        whole,
        message=draw(names),
        operands=draw(st.sampled_from([operands, ()])),
        notes=tuple(draw(st.lists(names, max_size=3))),
        severity=draw(st.sampled_from(["error", "suspicion", "note"])),
        **draw(
            st.sampled_from(
                [{}, {"fix": Fix(text=draw(code)), "proof": a_proof(residual=draw(st.floats(0, 1)))}]
            )
        ),
    )
    return a_report(
        name=draw(names),
        path=draw(names),
        reason=draw(names),
        value=draw(numbers),
        gradient=np.array([draw(numbers), draw(numbers)]),
        span=draw(st.none() | st.just(whole)),
        findings=(finding,),
    )

"""Edits written into the user's own expression; None wherever that would be a guess."""

from __future__ import annotations

import ast
from collections.abc import Collection

from gradcheck.recording import Op, Recording
from gradcheck.source import Call, call_at, operand_spans, rewritten, with_keywords, with_operator


def wrapped(op: Op, wrapper: str, recording: Recording) -> str | None:
    """Return the expression of `op` put in place of ``{}`` in `wrapper`.

    Only where the output of `op` is all that the expression gives.
    """
    results = {result.type for result in recording.results if result.site == op.site}
    span = op.span
    if (
        span is None
        or not span.text
        or results != {op.type}
        or len(op.outputs) > 1
        or _is_statement(span.text)
    ):
        return None
    return wrapper.format(span.text)


def _is_statement(text: str) -> bool:
    """Return whether `text` is a statement, such as ``total += x``, and no expression."""
    try:
        ast.parse(f"({text})", mode="eval")
    except SyntaxError:
        return True
    return False


def operand_wrapped(op: Op, number: int, wrapper: str, names: Collection[str] = ()) -> str | None:
    """Return the expression of `op` with one operand put in place of ``{}`` in `wrapper`.

    `names` are the functions whose positional arguments are the operands in order.
    """
    if op.site is None or op.span is None:
        return None
    spans = operand_spans(op.site, frozenset(names))
    if len(spans) != len(op.inputs):
        return None
    operand = spans[number]
    if number == 0 and _is_statement(op.span.text):  # the target of an augmented assignment
        return None
    return rewritten(op.span, [(operand, wrapper.format(operand.text))])


def operand_alone(op: Op, number: int) -> str | None:
    """Return one operand of the operator of `op`: the other left out."""
    spans = [] if op.site is None else operand_spans(op.site, frozenset())
    return spans[number].text if len(spans) == len(op.inputs) else None


def operator_replaced(op: Op, old: str, new: str) -> str | None:
    """Return the expression of `op` with the operator `old` between its operands replaced by `new`."""
    return None if op.site is None else with_operator(op.site, old, new)


def function_replaced(op: Op, old: str, new: str) -> str | None:
    """Return the call of `op` with the function's name replaced, keeping what it is an attribute of."""
    call = _call(op, {old})
    if call is None:
        return None
    head, name, rest = call.span.text.partition(old)
    return head + new + rest if name and not head.endswith(("(", ",")) else None


def keywords_set(op: Op, names: Collection[str], **settings: str) -> str | None:
    """Return the call of `op` to one of `names`, with keyword arguments set."""
    call = _call(op, names)
    return None if call is None else with_keywords(call, settings)


def argument_alone(op: Op, names: Collection[str]) -> str | None:
    """Return the first argument of the call of `op` to one of `names`: the call left out."""
    call = _call(op, names)
    return call.positional[0].text if call is not None and call.positional else None


def argument_wrapped(op: Op, wrapper: str) -> str | None:
    """Return the call of `op` with its first argument put in place of ``{0}`` in `wrapper`.

    Only where the called function is the op itself, as `tf.exp` is, and not one that uses it inside.
    """
    call = _call(op, {op.type.lower()})
    if call is None or not call.positional:
        return None
    argument = call.positional[0]
    return rewritten(call.span, [(argument, wrapper.format(argument.text))])


def arguments_swapped(op: Op, names: Collection[str], one: int, other: int) -> str | None:
    """Return the call of `op` with two positional arguments exchanged."""
    call = _call(op, names)
    if call is None or len(call.positional) <= max(one, other):
        return None
    first, second = call.positional[one], call.positional[other]
    return rewritten(call.span, [(first, second.text), (second, first.text)])


def _call(op: Op, names: Collection[str]) -> Call | None:
    call = None if op.site is None else call_at(op.site)
    return call if call is not None and call.name in names else None

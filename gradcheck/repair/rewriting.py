"""Edits written into the user's own expression; None wherever that would be a guess.

What is returned may be put in place of the expression's span in the source, and then does what the edit
did in the replay.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Collection, Mapping

import numpy as np

from gradcheck.program.ops import REDUCTIONS
from gradcheck.program.queries import reduced_axes
from gradcheck.program.recording import Op, Recording
from gradcheck.source import (
    Call,
    Site,
    call_at,
    is_expression,
    is_taken_apart,
    node_of,
    operand_spans,
    rewritten,
    sliced_at,
    span_of,
    span_of_node,
    stands_alone,
    with_keywords,
    with_operator,
)


def wrapped(op: Op, wrapper: str, recording: Recording) -> str | None:
    """Return the expression of `op` put in place of ``{}`` in `wrapper`.

    Only where the output of `op` is all that the expression gives.
    """
    if op.site is None or not is_expression(op.site) or not _is_all_there_is(op, op.site, recording):
        return None
    return in_place(op.site, wrapper.format(bracketed(span_of(op.site).text, wrapper)))


def _is_all_there_is(op: Op, site: Site, recording: Recording) -> bool:
    """Return whether each run of the expression gives one tensor, and it is the output of an op like `op`."""
    ops = [other for other in recording.at_site[site] if other.outputs]
    ends = [other for other in ops if _is_read_elsewhere(other, recording)]
    inside = {other.index for other in ops} - {other.index for other in ends}
    before = [_made_from(end, site, recording) for end in ends]
    return (
        {other.type for other in ends} == {op.type}
        and len(op.outputs) == 1
        and not any(other.index in inside and other.type == op.type for other in ops)
        and not any(one & other for i, one in enumerate(before) for other in before[:i])
        and not is_taken_apart(site)
    )


def _is_read_elsewhere(op: Op, recording: Recording) -> bool:
    readers = [reader for output in op.outputs for reader in recording.consumers.get(output, ())]
    return not readers or recording.loss in op.outputs or any(reader.site != op.site for reader in readers)


def _made_from(op: Op, site: Site, recording: Recording) -> set[int]:
    """Return `op` and the ops of the same expression that it was made from, by index."""
    found, pending = {op.index}, list(op.inputs)
    while pending:
        maker = recording.producer(pending.pop())
        if maker is not None and maker.site == site and maker.index not in found:
            found.add(maker.index)
            pending.extend(maker.inputs)
    return found


def operands_wrapped(op: Op, wrappers: Mapping[int, str], names: Collection[str] = ()) -> str | None:
    """Return the expression of `op` with operands put in place of ``{}`` in their wrappers.

    `names` are the functions whose positional arguments are the operands in order.
    """
    if op.site is None:
        return None
    spans = operand_spans(op.site, frozenset(names))
    if len(spans) != len(op.inputs):
        return None
    if 0 in wrappers and not is_expression(op.site):  # the target of an augmented assignment
        return None
    replacements = [
        (spans[number], wrapper.format(bracketed(spans[number].text, wrapper)))
        for number, wrapper in wrappers.items()
    ]
    return _parsing(rewritten(span_of(op.site), replacements))


def number_replaced(op: Op, number: int, old: float, new: float) -> str | None:
    """Return the expression of `op` with an operand that is written as the number `old` written as `new`."""
    spans = [] if op.site is None else operand_spans(op.site, frozenset())
    if len(spans) != len(op.inputs) or not _is_number(spans[number].text, old):
        return None
    return operands_wrapped(op, {number: str(np.float32(new))})


def _is_number(text: str, value: float) -> bool:
    try:
        return math.isclose(float(ast.literal_eval(text)), value, rel_tol=_FLOAT32)
    except (ValueError, TypeError, SyntaxError):
        return False


_FLOAT32 = 1e-6
"""A number that is written down is rounded to float32 when it becomes a tensor."""


def operand_alone(op: Op, number: int) -> str | None:
    """Return one operand of the operator of `op`: the other left out."""
    if op.site is None or not is_expression(op.site):
        return None
    spans = operand_spans(op.site, frozenset())
    return in_place(op.site, spans[number].text) if len(spans) == len(op.inputs) else None


def operator_replaced(op: Op, old: str, new: str) -> str | None:
    """Return the expression of `op` with the operator `old` between its operands replaced by `new`."""
    return None if op.site is None else _parsing(with_operator(op.site, old, new))


def function_replaced(op: Op, old: str, new: str, *, only_with: Collection[str] | None = None) -> str | None:
    """Return the call of `op` with the function's name replaced, keeping what it is an attribute of.

    With `only_with`, only where the call has one positional argument, and of keywords no others than these.
    """
    call = _call(op, {old})
    if call is None or not call.function.text.endswith(f".{old}"):
        return None
    if only_with is not None and (len(call.positional) > 1 or set(call.keywords) - set(only_with)):
        return None
    return rewritten(call.span, [(call.function, call.function.text.removesuffix(old) + new)])


def masked_mean(op: Op, product: Op, mask: int, recording: Recording) -> str | None:
    """Return the mean of a product with a mask as its sum divided by that of the mask.

    Only where the product stands in the call itself, and the mask has its shape.
    """
    call = _call(op, {"reduce_mean"})
    if call is None or op.site is None or product.site is None or not call.positional:
        return None
    operands = operand_spans(product.site, frozenset())
    shapes = recording.shapes((product.inputs[mask], product.outputs[0]))
    if len(operands) != 2 or span_of(product.site).text != call.positional[0].text or len(set(shapes)) > 1:
        return None
    mean = call.span.text.removeprefix(call.function.text)
    function = call.function.text.removesuffix("reduce_mean") + "reduce_sum"
    kept = mean.replace(call.positional[0].text, operands[mask].text, 1)
    return in_place(op.site, f"{function}{mean} / {function}{kept}")


def called_instead(op: Op, function: str, recording: Recording) -> str | None:
    """Return the call of `op` with `function` called in place of a function that does what `op` does alone.

    For a name of the user's own, as that of a parameter: ``reduce(x)``. An axis that the name brings with it,
    as a layer does, would be lost.
    """
    call = None if op.site is None else call_at(op.site)
    if call is None or {other.type for other in recording.at_site[op.site]} != {op.type}:
        return None
    operands = 1 if op.type in REDUCTIONS else len(op.inputs)
    if len(call.positional) != operands or set(call.keywords) != _keywords(op, recording):
        return None
    return rewritten(call.span, [(call.function, function)])


def _keywords(op: Op, recording: Recording) -> set[str]:
    """Return the keyword arguments with which TensorFlow's function makes `op`."""
    if op.type not in REDUCTIONS:
        return set()
    rank = len(recording.tensors[op.inputs[0]].shape)
    over_all = reduced_axes(op, recording) == tuple(range(rank))
    return {*([] if over_all else ["axis"]), *(["keepdims"] if op.attributes.get("keep_dims") else [])}


def keywords_set(
    op: Op, names: Collection[str], settings: Mapping[str, str], positions: Mapping[str, int]
) -> str | None:
    """Return the call of `op` to one of `names`, with arguments set; `positions` as for `with_keywords`."""
    call = _call(op, names)
    return None if call is None else _parsing(with_keywords(call, settings, positions))


def argument_alone(op: Op, names: Collection[str]) -> str | None:
    """Return the first argument of the call of `op` to one of `names`: the call left out."""
    call = _call(op, names)
    if call is None or op.site is None or not call.positional or _is_display(call.positional[0].text):
        return None
    return in_place(op.site, call.positional[0].text)


def argument_wrapped(op: Op, wrapper: str, names: Collection[str] = (), number: int = 0) -> str | None:
    """Return the call of `op` with positional argument `number` put in place of ``{0}`` in `wrapper`.

    Only where the called function is the op itself, as `tf.exp` is, and not one that uses it inside; or is
    one of `names`.
    """
    call = _call(op, names or {op.type.lower()})
    if call is None or len(call.positional) <= number:
        return None
    argument = call.positional[number]
    text = wrapper.format(bracketed(argument.text, wrapper))
    return _parsing(rewritten(call.span, [(argument, text)]))


def arguments_swapped(op: Op, names: Collection[str], one: int, other: int) -> str | None:
    """Return the call of `op` with two positional arguments exchanged."""
    call = _call(op, names)
    if call is None or len(call.positional) <= max(one, other):
        return None
    first, second = call.positional[one], call.positional[other]
    return rewritten(call.span, [(first, second.text), (second, first.text)])


def minus_left_out(op: Op) -> str | None:
    """Return what the expression ``-x`` of `op` negates."""
    node = None if op.site is None else node_of(op.site)
    if op.site is None or not isinstance(node, ast.UnaryOp):
        return None
    return in_place(op.site, span_of_node(node.operand, op.site).text)


def index_left_out(op: Op) -> str | None:
    """Return what is indexed by the expression of `op`, without its index."""
    span = None if op.site is None else sliced_at(op.site)
    return None if span is None or op.site is None else in_place(op.site, span.text)


def slice_moved(op: Op, axis: int, begin: int, end: int) -> str | None:
    """Return the expression ``x[a:b]`` of `op` with its bounds along `axis` moved, if they are numbers."""
    node = None if op.site is None else node_of(op.site)
    if op.site is None or not isinstance(node, ast.Subscript):
        return None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    part = parts[axis] if axis < len(parts) else None
    if not isinstance(part, ast.Slice) or part.step is not None or not _have_one_axis_each(parts[:axis]):
        return None
    lower, upper = _moved(part.lower, begin, 0), _moved(part.upper, end, -1)
    if lower is None or upper is None:
        return None
    return _parsing(rewritten(span_of(op.site), [(span_of_node(part, op.site), f"{lower}:{upper}")]))


def _have_one_axis_each(parts: list[ast.expr]) -> bool:
    """Return whether no part of an index is a ``...`` or a None."""
    return not any(isinstance(part, ast.Constant) and not isinstance(part.value, int) for part in parts)


def _moved(bound: ast.expr | None, by: int, outermost: int) -> str | None:
    """Return a bound moved by `by`; "" for none, which stands beyond the `outermost` one can write."""
    if by == 0:
        return "" if bound is None else ast.unparse(bound)
    if bound is None:
        return None if (by < 0) == (outermost == 0) else str(outermost + by if outermost == 0 else by)
    try:
        value = int(ast.literal_eval(bound))
    except (ValueError, TypeError):
        return None
    if (value < 0) != (value + by < 0):
        return "" if value == -1 and outermost == -1 else None
    return "" if value + by == 0 and outermost == 0 else str(value + by)


def called(op: Op, names: Collection[str]) -> Call | None:
    """Return the call that asked for `op`, when it is to one of `names`."""
    return _call(op, names)


def bracketed(text: str, wrapper: str) -> str:
    """Return `text` in parentheses, unless it needs none to be put into `wrapper`."""
    return text if _is_atom(text) or wrapper.endswith(")") else f"({text})"


def _call(op: Op, names: Collection[str]) -> Call | None:
    call = None if op.site is None else call_at(op.site)
    return call if call is not None and call.name in names else None


def in_place(site: Site, text: str) -> str | None:
    """Return `text` so that it can stand where the expression at `site` stands."""
    bare = (stands_alone(site) or _is_atom(text)) and _parses(text)
    return _parsing(text if bare else f"({text})")


def _is_atom(text: str) -> bool:
    """Return whether `text` is an expression that binds more tightly than any operator."""
    return isinstance(_parsed(text), ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.Constant)


def _is_display(text: str) -> bool:
    """Return whether `text` makes a list or a tuple: TensorFlow would stack it, Python does not."""
    return isinstance(_parsed(text), ast.List | ast.Tuple | ast.ListComp | ast.GeneratorExp | ast.Starred)


def _parsing(text: str | None) -> str | None:
    """Return `text` if it is Python: it is not when, for one, it ends in the middle of a comment."""
    return text if text is not None and (_parsed(text) is not None or _parses(text)) else None


def _parses(text: str) -> bool:
    try:
        return bool(ast.parse(text).body)
    except SyntaxError:
        return False


def _parsed(text: str) -> ast.expr | None:
    """Return the expression that `text` is within brackets, where it may run over several lines."""
    try:
        return ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError:
        return None

"""Which cause a text has that repairs the candidate: what it changes tells, or what that stands in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeGuard

import numpy as np

from gradcheck.causes import cause_of_differences, cause_of_text
from gradcheck.causes.broadcast import both_are_broadcast
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import CauseName
from gradcheck.program.recording import Recording
from gradcheck.repair.sightings import Sightings
from gradcheck.source import Site, is_counted, node_of, parents, rewritten, span_of, span_of_node, value_of
from gradcheck.source.bindings import value_around
from gradcheck.source.conversions import takes_less_out
from gradcheck.source.differences import Difference, differences
from gradcheck.source.expressions import function_around
from gradcheck.source.syntax import expression_in, number_in


def cause_with(text: Transplant, sides: Iterable[Recording], known: CauseName = "other") -> CauseName:
    """Return which cause a text has that repairs the candidate: as it is written, or else what is known."""
    sides = tuple(sides)
    apart = (known == "sign" and not _turns(text)) or (known != "reduction" and scales(text, sides))
    apart = apart or known == "dtype" or (known == "reduction" and _reorders(text))
    written = "broadcast" if _lines_up(text, sides) else _cause_of(text) or ("other" if apart else known)
    if written == "other" and _weighs(text, sides):
        return "reduction"
    return "numerics" if written == "other" and not all(map(_is_finite, sides)) else written


def _is_finite(recording: Recording) -> bool:
    return bool(np.isfinite(recording.array(recording.loss)).all())


def _lines_up(text: Transplant, sides: Iterable[Recording]) -> bool:
    """Return whether a text takes an operand by an index where both operands were repeated for each other."""
    match differences(span_of(text.site).text, text.text):
        case [Difference(what="around", new="[...]")]:
            ops = ((op, one) for one in sides for op in one.at_site.get(text.site, ()))
            return any(both_are_broadcast(op, recording) for op, recording in ops)
    return False


def _turns(text: Transplant) -> bool:
    """Return whether a text has more or fewer signs than what stands there, those of exponents aside."""
    before, after = (_EXPONENT.sub("", one) for one in (span_of(text.site).text, text.text))
    return any(before.count(sign) != after.count(sign) for sign in "+-")


def _reorders(text: Transplant) -> bool:
    """Return whether a text has the words of what stands there, in another order."""
    before, after = (sorted(_WORD.findall(one)) for one in (span_of(text.site).text, text.text))
    return before == after


_WORD = re.compile(r"[\w.]+")
_EXPONENT = re.compile(r"(?<=[\d.])[eE][+-]?\d+")


def scales(text: Transplant, sides: Iterable[Recording] = ()) -> bool:
    """Return whether a text multiplies or divides by a number, written or always the same, or leaves that out."""
    factor = _factor(text)
    if factor is None:
        return False
    written = number_in(factor.beside) is not None
    return written or any(_is_one_number(factor.beside, recording) for recording in sides)


def adds_a_factor(text: Transplant) -> bool:
    """Return whether a text multiplies or divides what stands there by something."""
    factor = _factor(text)
    return factor is not None and factor.what == "around"


def _weighs(text: Transplant, sides: Iterable[Recording]) -> bool:
    """Return whether a text adds or leaves out a weight, a count or a mask: numbers that nothing moves."""
    factor = _factor(text)
    if factor is None:
        return False
    return _is_an_entry(factor.beside) or any(_is_of_data(factor.beside, recording) for recording in sides)


def _factor(text: Transplant) -> Difference | None:
    """Return that a text multiplies or divides by something, or leaves that out, if this is all it does."""
    match differences(span_of(text.site).text, text.text):
        case [Difference(what="around" | "without", old=old, new=new) as one] if old + new in _SCALES:
            return one
    return None


_SCALES = ("Mult", "Div")


def _is_an_entry(text: str) -> bool:
    """Return whether a text reads an entry of a batch."""
    match ast.parse(text, mode="eval").body:
        case ast.Subscript(slice=ast.Constant(value=str())):
            return True
    return False


def _is_of_data(text: str, recording: Recording) -> bool:
    """Return whether a text stands for several numbers of a program, or one of these, that nothing moves."""
    numbers = _numbers_of(text, recording)
    return not (_are_one(numbers, recording) or not recording.trainable.isdisjoint(numbers))


def _is_one_number(text: str, recording: Recording) -> bool:
    """Return whether a text stands for one number that is the same whenever it is read."""
    numbers = _numbers_of(text, recording)
    return bool(numbers) and _are_one(numbers, recording)


def _numbers_of(text: str, recording: Recording) -> Sequence[int]:
    """Return the tensors that an expression gives, or what it takes an element of."""
    for node, numbers in Sightings(recording).numbers.items():
        whole = node.value if isinstance(node, ast.Subscript) else node
        if text in (ast.unparse(node), ast.unparse(whole)):
            return numbers
    return ()


def _are_one(numbers: Sequence[int], recording: Recording) -> bool:
    one = all(recording.tensors[number].size == 1 for number in numbers)
    return one and len({recording.array(number).tobytes() for number in numbers}) <= 1


def _cause_of(text: Transplant) -> CauseName | None:
    """Return which cause a text has; of names that it replaces, or divides by, that of what these were given."""
    before = span_of(text.site).text
    if takes_less_out(before, text.text):
        return "disconnected"
    found = differences(before, text.text)
    cause = _cause_as_an_axis(text) or cause_of_differences(found)
    cause = cause or _cause_in_a_call(text) or _cause_of_a_round(text, found)
    match found:
        case [Difference(what="other", old=old, new=new)] if cause is None and old.isidentifier():
            given = _given(new, text.site)
            cause = cause_of_text(_given(old, text.site), given)
            if cause is None and _divides(new, text.text):
                cause = cause_of_differences([Difference("around", "", "Div", beside=given)])
        case [Difference(what="around", new="Div", beside=beside)] if _is_a_count(beside, text.site):
            cause = "reduction"
        case [Difference(beside=beside) as one] if cause is None and beside.isidentifier():
            cause = cause_of_differences([replace(one, beside=_given(beside, text.site))])
    return cause


def _cause_as_an_axis(text: Transplant) -> CauseName | None:
    """Return that a text tells axes, where it is given to a name that nothing but axes are told by."""
    node: ast.AST | None = node_of(text.site)
    above = {} if node is None else parents(text.site.code.co_filename)
    while node is not None and not isinstance(node, ast.stmt):
        node = above.get(node)
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) if _cause_of_a_name(name, text.site) == "axis":
            return "axis"
    return None


def _divides(name: str, text: str) -> bool:
    """Return whether a text divides by a name."""
    divisors = (one.right for one in ast.walk(expression_in(text) or ast.Pass()) if _is_a_ratio(one))
    return any(isinstance(one, ast.Name) and one.id == name for one in divisors)


def _is_a_ratio(node: ast.AST) -> TypeGuard[ast.BinOp]:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


def _is_a_count(text: str, site: Site) -> bool:
    """Return whether a text says how many rounds, elements or parts there are."""
    length = re.fullmatch(r".+\.shape\[-?\d+\]", text) is not None
    return length or _given(text, site).isdecimal() or text in _rounds_around(site)


def _rounds_around(site: Site) -> Iterator[str]:
    """Yield how the numbers of rounds of the loops around a place are written."""
    node: ast.AST | None = node_of(site)
    while node is not None:
        match node:
            case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[count])):
                yield ast.unparse(count)
        node = parents(site.code.co_filename).get(node)


def _cause_in_a_call(text: Transplant) -> CauseName | None:
    """Return which cause a text has as a part of the calls and indices around it: an axis is an argument of one.

    Or of the calls that are given the name which is assigned so.
    """
    node: ast.AST | None = node_of(text.site)
    above = {} if node is None else parents(text.site.code.co_filename)
    while node is not None and not isinstance(node, ast.stmt):
        node = above.get(node)
        if isinstance(node, ast.Call | ast.Subscript):
            whole = span_of_node(node, text.site)
            changed = rewritten(whole, [(span_of(text.site), text.text)])
            cause = cause_of_text(whole.text, changed)
            if cause is not None:
                return cause
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _cause_of_a_name(name, text.site)
    return None


def _cause_of_a_round(text: Transplant, found: Sequence[Difference]) -> CauseName | None:
    """Return that a text picks other elements, if it compares what counts them with one more or less."""
    match node_of(text.site), found:
        case ast.Compare() as node, [Difference(what="around" | "without", beside="1")]:
            names = (one for one in ast.walk(node) if isinstance(one, ast.Name))
            return "index" if any(is_counted(one, text.site) for one in names) else None
    return None


def _cause_of_a_name(name: str, site: Site) -> CauseName | None:
    """Return which cause another value of a name has in all calls that are given it; None where they differ."""
    function = function_around(site)
    calls = [one for one in ast.walk(function or ast.Pass()) if isinstance(one, ast.Call)]
    causes = set()
    for call in calls:
        given = [*call.args, *(one.value for one in call.keywords)]
        read = [one for one in given if isinstance(one, ast.Name) and one.id == name]
        if read:
            whole = span_of_node(call, site)
            other = rewritten(whole, [(span_of_node(one, site), f"{name}_") for one in read])
            causes.add(cause_of_text(whole.text, other))
    return causes.pop() if len(causes) == 1 else None


def _given(name: str, site: Site) -> str:
    """Return what a name is given, as it is written; "" where that is not known."""
    given = value_of(ast.Name(name, ast.Load()), site) or value_around(name, site)
    return "" if given is None else ast.unparse(given)

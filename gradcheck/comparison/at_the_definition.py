"""A fix where a name gets its value, instead of wherever that is read."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import CodeType

from gradcheck.comparison.cause_of_a_fix import cause_with
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.repairs import Precisions, proof_of
from gradcheck.comparison.where import where_of
from gradcheck.comparison.wording_of_places import message_without_counterpart
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix
from gradcheck.program.recording import Recording
from gradcheck.source import (
    Site,
    argument_of,
    node_of,
    on_one_line,
    rewritten,
    site_of,
    span_at,
    span_of,
    value_of,
)
from gradcheck.source.differences import instead_of_names
from gradcheck.source.syntax import bracketed
from gradcheck.source.writing import unparsed


def at_the_definition(found: list[Finding], pair: FormulationPair, goals: Goals) -> list[Finding]:
    """Return fixes that put something in place of one name as one fix of what the name was given.

    That is a written value, a part of what it was given, or what is right where it is read; of several fixes that
    make the same of the name, that, too. Only where it repairs the candidate as well: what else reads the name
    changes, too.
    """
    fixed = [one for one in found if one.fix is not None]
    text = None if pair.recorded or not fixed else _definition(fixed, pair.runs[1].recording)
    return found if text is None else moved(found, [text], pair, goals)


def moved(
    found: list[Finding], texts: Iterable[Transplant], pair: FormulationPair, goals: Goals
) -> list[Finding]:
    """Return fixes as one at another place, with the first of some texts that repairs the candidate as well."""
    fixed = [one for one in found if one.fix is not None]
    precisions: Precisions = "both" if any(one.cause == "numerics" for one in fixed) else "float64"
    for text in texts:
        proved = proof_of(text, pair, goals, precisions)
        if proved is not None:
            proof, note = proved
            cause, sides = fixed[0].cause, [run.recording for run in pair.runs]
            first = replace(
                fixed[0],
                cause=cause_with(text, sides) if cause == "other" else cause,
                message=fixed[0].message if len(fixed) > 1 else message_without_counterpart(text),
                span=span_of(text.site),
                shapes=(),
                operands=(),
                notes=tuple(dict.fromkeys([*fixed[0].notes, *filter(None, [note])])),
                proof=proof,
                fix=Fix(text=text.text),
            )
            return [first, *(one for one in found if one.fix is None and not one.verified)]
    return found


def _definition(fixed: Sequence[Finding], recording: Recording) -> Transplant | None:
    """Return what is to be written where the one name that all fixes replace gets its value."""
    changes = [_of_a_name(one, recording, several=len(fixed) > 1) for one in fixed]
    first = changes[0]
    if first is None or any(one != first for one in changes):
        return None
    site, text = first
    return Transplant(site, text, site)


def _of_a_name(found: Finding, recording: Recording, *, several: bool) -> tuple[Site, str] | None:
    """Return what a name was given that a fix puts something in place of, and what that should be.

    Parameters
    ----------
    several
        Whether others do the same: what is made of the name wherever it is read, it should have been given.
    """
    if found.fix is None or not found.fix.source or found.span is None:
        return None
    match list((instead_of_names(found.span.text, found.fix.text) or {}).items()):
        case [(name, text)]:
            where = where_of(found.span, recording)
            here = None if where is None else where.site()
            given = None if here is None else _given(name, here, recording)
            if here is not None and given is not None:
                new = _written_there(name, text, given, here, recording)
                new = _made_of(name, text, given, here) if new is None and several else new
                site = site_of(*given)
                return None if site is None or new is None else (site, new)
    return None


def _given(name: str, here: Site, recording: Recording) -> tuple[ast.expr, CodeType] | None:
    """Return the expression that a name is given, and where: for a parameter, by the one call of its function."""
    value = value_of(ast.Name(name, ast.Load()), here)
    if value is not None:
        return value, here.code
    calls = {op.callers[0] for op in recording.at_site.get(here, ()) if op.callers}
    call = calls.pop() if len(calls) == 1 else None
    argument = None if call is None else argument_of(call, name, here)
    match argument:
        case ast.Name(id=outer) if call is not None:
            return _given(outer, call, recording)
        case ast.expr() if call is not None:
            return argument, call.code
    return None


def _written_there(
    name: str, text: str, given: tuple[ast.expr, CodeType], here: Site, recording: Recording
) -> str | None:
    """Return what a name should have been given where a text is right in place of it; None if that is unknown."""
    value, code = given
    if _is_a_literal(text):
        return None if _runs_ops(value, recording) else text
    if any(ast.unparse(part) == text for part in ast.walk(value) if part is not value):
        return text
    undone = _undone(name, text, value)
    if undone is not None:
        return on_one_line(span_at(code.co_filename, undone).text)
    turned = _turned(name, text, value, code.co_filename)
    if turned is not None and (code is here.code or len(turned) < len(span_at(code.co_filename, value).text)):
        return turned
    if code is not here.code:
        return None  # names stand for something else there
    # What is made of a name, as another shape, is said where it is read: what it was given may be right.
    names = {one.id for one in ast.walk(ast.parse(text, mode="eval")) if isinstance(one, ast.Name)}
    return None if name in names else text


def _made_of(name: str, text: str, given: tuple[ast.expr, CodeType], here: Site) -> str | None:
    """Return what a text makes of a name, made of what that was given; None where names mean something else."""
    value, code = given
    whole = ast.parse(text, mode="eval").body
    if code is not here.code or not any(
        isinstance(one, ast.Name) and one.id == name for one in ast.walk(whole)
    ):
        return None
    return on_one_line(unparsed(_Given(name, value).visit(whole)))


class _Given(ast.NodeTransformer):
    """Puts an expression in place of a name."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value if node.id == self._name else node


def _turned(name: str, text: str, value: ast.expr, filename: str) -> str | None:
    """Return what a name should have been given where what is read is its negative, or a condition's opposite.

    Of what is turned already, without that: twice is not at all.
    """
    own = on_one_line(span_at(filename, value).text)
    if text == f"-{name}":
        turns, whole = _sign_of(value), f"-{bracketed(own)}"
    elif text == f"tf.logical_not({name})":
        turns, whole = _opposites_in(value), f"tf.logical_not({own})"
    else:
        return None
    if len(turns) != 1:
        return whole
    parts = [(span_at(filename, turned), span_at(filename, plain).text) for turned, plain in turns]
    return on_one_line(rewritten(span_at(filename, value), parts))


Turned = list[tuple[ast.expr, ast.expr]]
"""Expressions with a sign, or the opposites of conditions; each with what it is without."""


def _sign_of(value: ast.expr) -> Turned:
    """Return the sign of a product, which is that of its first factor, if it has one."""
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.Div | ast.MatMult):
        value = value.left
    match value:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return [(value, operand)]
    return []


def _opposites_in(value: ast.expr) -> Turned:
    calls = (one for one in ast.walk(value) if isinstance(one, ast.Call) and len(one.args) == 1)
    return [(one, one.args[0]) for one in calls if ast.unparse(one.func).endswith("logical_not")]


def _undone(name: str, text: str, value: ast.expr) -> ast.expr | None:
    """Return what a name was given without a last step that a text undoes: ``x`` of ``x - 1`` for ``name + 1``."""
    match ast.parse(text, mode="eval").body, value:
        case (
            ast.BinOp(left=ast.Name(id=own), op=undoes, right=ast.Constant(value=much)),
            ast.BinOp(left=before, op=done, right=ast.Constant(value=other)),
        ) if own == name and much == other and {type(undoes), type(done)} in _OPPOSITES:
            return before
    return None


_OPPOSITES = ({ast.Add, ast.Sub}, {ast.Mult, ast.Div})


def _is_a_literal(text: str) -> bool:
    """Return whether a text means the same wherever it is written."""
    with contextlib.suppress(ValueError, SyntaxError):
        ast.literal_eval(text)
        return True
    return False


def _runs_ops(node: ast.expr, recording: Recording) -> bool:
    """Return whether an expression asks for ops: what it gives is no plain value."""
    asked = {node_of(site) for site in recording.at_site if site is not None}
    return any(inner in asked for inner in ast.walk(node))

"""Names of ops as the user wrote them, or else with the call that runs them."""

from __future__ import annotations

import ast

from gradcheck.program.ops import OPS, REDUCTIONS
from gradcheck.program.recording import Op
from gradcheck.source import call_at, node_of

_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.USub: "-",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
}


def named(op: Op) -> str:
    """Return what the reader calls `op`: the operator or the function, and what runs it if they wrote neither."""
    symbol = _symbol(op)
    return f"`{symbol}`" if symbol else REDUCTIONS.get(op.type, op.type.lower()) + run_by(op)


def run_by(op: Op) -> str:
    """Return the call that runs `op`, in brackets; "" if the op itself was called, or by an operator."""
    call = None if op.site is None else call_at(op.site)
    if call is None or _plainly(call.name) in _names(op.type):
        return ""
    return f" (run by `{call.function.text}`)"


def clip_of(op: Op) -> str:
    """Return the call that runs `op` as one of its bounds."""
    call = None if op.site is None else call_at(op.site)
    return "the clip" if call is None else f"`{call.function.text}`"


def _symbol(op: Op) -> str | None:
    match None if op.site is None else node_of(op.site):
        case ast.UnaryOp(op=operator):
            unary = True
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) | ast.Compare(ops=[operator]):
            unary = False
        case _:
            return None
    known, symbol = OPS.get(op.type), _SYMBOLS.get(type(operator), "")
    runs_it = known is not None and known.operator == symbol and (known.kind == "unary") == unary
    return symbol if symbol and runs_it else None


def _names(kind: str) -> set[str]:
    """Return the functions that are called for ops of a type."""
    return {_plainly(name) for name in (kind, *(OPS[kind].functions if kind in OPS else ()))}


def _plainly(name: str) -> str:
    """Return a name without what makes no difference: ``reduce_sum`` is ``Sum``, ``GatherV2`` is ``gather``."""
    return name.lower().replace("_", "").removeprefix("reduce").removesuffix("v2")

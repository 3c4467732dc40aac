"""What is taken out of TensorFlow, written so that it stays in it: no `.numpy()`, and TensorFlow's functions."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from gradcheck.source.conversions import innermost_conversions
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed
from gradcheck.source.writing import rewritten

Text = tuple[ast.expr, str]
"""An expression, and what to write in its place."""


def kept(function: ast.AST, conversions: Collection[ast.Call], filename: str) -> list[Text]:
    """Return what to write in a function so that what some calls take out of TensorFlow stays in it.

    That is the calls themselves, and whatever computes with their value by NumPy, or makes a constant of it, in
    the statements after them. Empty where something is done to it for which no function of TensorFlow's is known.
    """
    keeper = _Keeper(frozenset(conversions), filename)
    statements = [one for one in ast.walk(function) if isinstance(one, ast.stmt) and not hasattr(one, "body")]
    found: list[Text] = []
    try:
        for one in sorted(statements, key=lambda statement: statement.lineno):
            found += keeper.texts(one)
    except _UnknownError:
        return []
    return found


def kept_within(call: ast.expr, filename: str) -> list[str]:
    """Return what to write for a call that takes something out of TensorFlow so that it stays in it, if known."""
    if not isinstance(call, ast.Call):
        return []
    taken = innermost_conversions(call)
    try:
        text = _Keeper(frozenset(taken), filename).otherwise(call) if taken else None
    except _UnknownError:
        return []
    return [] if text is None else [text]


class _UnknownError(Exception):
    """TensorFlow may have no such function, or has it by another name."""


@dataclass
class _Keeper:
    """Rewrites the statements of a function, in order.

    Parameters
    ----------
    conversions
        What takes a value out of TensorFlow.
    names, lists
        What holds such values by now; of these, what holds a list of them.
    """

    conversions: frozenset[ast.AST]
    filename: str
    names: set[str] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)

    def texts(self, statement: ast.stmt) -> list[Text]:
        """Return what to write in a statement, and keep what it hands on."""
        if not self._has(statement):
            return []
        found = list(self._changed(statement))
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._name(targets, value)
            case ast.AugAssign(target=target, value=value):
                self._name([target], value)
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"))
            ):
                self.names.add(name)
                self.lists.add(name)
        return found

    def _name(self, targets: list[ast.expr], value: ast.expr) -> None:
        names = {one.id for each in targets for one in ast.walk(each) if isinstance(one, ast.Name)}
        self.names |= names
        if self._is_a_list(value):
            self.lists |= names

    def _has(self, node: ast.AST) -> bool:
        """Return whether something that was taken out of TensorFlow is read within a node."""
        return any(
            one in self.conversions
            or (isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and one.id in self.names)
            for one in ast.walk(node)
        )

    def _changed(self, node: ast.AST) -> Iterator[Text]:
        """Yield the outermost expressions that have to be written otherwise."""
        for child in ast.iter_child_nodes(node):
            text = self.otherwise(child) if isinstance(child, ast.Call) and self._has(child) else None
            if text is not None:
                assert isinstance(child, ast.expr)
                yield child, text
            else:
                yield from self._changed(child)

    def _text(self, node: ast.expr) -> str:
        """Return an expression with what is within it written otherwise."""
        own = self.otherwise(node) if isinstance(node, ast.Call) and self._has(node) else None
        if own is not None:
            return own
        parts = [(span_at(self.filename, one), bracketed(text)) for one, text in self._changed(node)]
        return rewritten(span_at(self.filename, node), parts)

    def otherwise(self, call: ast.Call) -> str | None:
        """Return a call of what stays in TensorFlow; None where it is one already."""
        module, _, function = ast.unparse(call.func).partition(".")
        if module in _NUMPY:
            return self._of_numpy(function, call.args, call)
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="tf"), attr=name), args=[given, *_]):
                return self._value(given) if name in _CONSTANTS else None
            case ast.Call(func=ast.Attribute(value=given, attr="numpy" | "item"), args=[]):
                return self._text(given) if self._is_taken(call, given) else None
            case ast.Call(func=ast.Name(id="float"), args=[given]):
                return self._text(given)
            case ast.Call(func=ast.Attribute(value=given, attr=name)) if self._has(given):
                return self._of_numpy(name, [given, *call.args], call) if name in _METHODS else None
        return None

    def _is_taken(self, call: ast.Call, given: ast.expr) -> bool:
        return call in self.conversions or self._has(given)

    def _of_numpy(self, name: str, given: list[ast.expr], call: ast.Call) -> str:
        if name in _COPIES:
            return self._value(given[0])
        if name not in _FUNCTIONS:
            raise _UnknownError
        told = [f"{one.arg}={self._text(one.value)}" for one in call.keywords if one.arg != "dtype"]
        if name == "concatenate" and not told and len(given) == 1:
            told = ["axis=0"]
        return f"{_FUNCTIONS[name]}({', '.join([*map(self._text, given), *told])})"

    def _value(self, given: ast.expr) -> str:
        """Return what an array is made of, as a tensor."""
        text = self._text(given)
        return f"tf.stack({text})" if self._is_a_list(given) else text

    def _is_a_list(self, node: ast.expr) -> bool:
        return isinstance(node, ast.List | ast.ListComp) or (
            isinstance(node, ast.Name) and node.id in self.lists
        )


_NUMPY = ("np", "numpy")
_CONSTANTS = ("constant", "convert_to_tensor")
_COPIES = ("array", "asarray", "float32", "float64")
_REDUCTIONS = {
    "mean": "tf.reduce_mean",
    "sum": "tf.reduce_sum",
    "prod": "tf.reduce_prod",
    "max": "tf.reduce_max",
    "min": "tf.reduce_min",
    "std": "tf.math.reduce_std",
    "var": "tf.math.reduce_variance",
}
_ALIKE = (
    "abs",
    "exp",
    "sqrt",
    "square",
    "maximum",
    "minimum",
    "tanh",
    "sin",
    "cos",
    "sort",
    "stack",
    "where",
)
_OF_MATH = ("log", "log1p", "expm1", "cumsum")
_METHODS = {*_REDUCTIONS, "reshape", "squeeze"}
_FUNCTIONS = {
    **_REDUCTIONS,
    **{name: f"tf.{name}" for name in (*_ALIKE, "reshape", "squeeze", "transpose", "matmul", "expand_dims")},
    **{name: f"tf.math.{name}" for name in _OF_MATH},
    "power": "tf.pow",
    "clip": "tf.clip_by_value",
    "concatenate": "tf.concat",
}
"""TensorFlow's functions for some of NumPy's, which are given the same."""

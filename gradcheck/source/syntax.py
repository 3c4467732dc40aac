"""Expressions as written, and rewritten: comments, parentheses and line ends stay as they are."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import libcst


class Written:
    """An expression, or an augmented assignment, as it is written in the source.

    Parameters
    ----------
    text
        It, of which parts may run over several lines.

    Notes
    -----
    Where the text is no Python, as in a cell with magics, it has no parts.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @functools.cached_property
    def _node(self) -> Any:
        return _parsed(self.text)

    @property
    def function(self) -> str:
        """What is called, with what it is an attribute of; "" where this is no call of a name."""
        cst = _libcst()
        if not isinstance(self._node, cst.Call) or not isinstance(self._node.func, cst.Name | cst.Attribute):
            return ""
        return _code(self._node.func)

    @property
    def name(self) -> str:
        """The last part of what is called."""
        return self.function.rpartition(".")[2]

    @property
    def keywords(self) -> dict[str, str]:
        """The arguments that are given by keyword."""
        return {one.keyword.value: _code(one.value) for one in self._arguments() if one.keyword is not None}

    @property
    def operands(self) -> list[str]:
        """The operands of an operator, positional arguments of a call, parts of a list, or what is indexed."""
        return [_code(one) for one in self._operands()]

    @property
    def operator(self) -> str:
        """The operator of two operands, or of one; "" where it has none, or several."""
        cst = _libcst()
        match self._node:
            case cst.BinaryOperation() | cst.UnaryOperation() | cst.AugAssign():
                return _code(self._node.operator).strip().removesuffix("=")
            case cst.Comparison(comparisons=[one]):
                return _code(one.operator).strip()
        return ""

    def with_operands(self, new: Mapping[int, str]) -> str | None:
        """Return the text with some operands replaced, each in parentheses where it needs them."""
        node, own = self._node, self._operands()
        if any(number >= len(own) for number in new):
            return None
        cst = _libcst()
        for number, text in new.items():
            assigned = isinstance(node, cst.AugAssign) and number == 0
            apart = isinstance(node, cst.Call | cst.List) or self._binds_less(text)
            value = _parsed(text if apart else bracketed(text))
            if assigned or not isinstance(value, cst.BaseExpression):
                return None
            node = _with_operand(node, number, value)
        return _whole(node)

    def _binds_less(self, text: str) -> bool:
        """Return whether this is a sum or a difference, and `text` a product, which needs no parentheses in it."""
        operator = getattr(expression_in(text), "op", None)
        is_product = isinstance(operator, ast.Mult | ast.Div | ast.MatMult) and not is_atom(text)
        return self.operator in ("+", "-") and len(self._operands()) > 1 and is_product

    def with_operator(self, new: str) -> str | None:
        """Return the text with another operator between its two operands."""
        cst = _libcst()
        match self._node:
            case cst.BinaryOperation(operator=old):
                donor = _parsed(f"a {new} b").operator
            case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=old)]):
                donor = _parsed(f"a {new} b").comparisons[0].operator
            case cst.AugAssign(operator=old):
                donor = _parsed(f"a {new}= b").operator
            case _:
                return None
        spaces = {
            name: getattr(old, name)
            for name in ("whitespace_before", "whitespace_after")
            if hasattr(donor, name)
        }
        return _whole(self._node.deep_replace(old, donor.with_changes(**spaces)))

    def with_function(self, new: str) -> str | None:
        """Return the call with another function called."""
        return _whole(self._node.with_changes(func=_parsed(new))) if self.function else None

    def with_keywords(self, settings: Mapping[str, str], positions: Mapping[str, int]) -> str | None:
        """Return the call with arguments set: replaced where they are given, at `positions` too, or appended."""
        if not self.function or any(one.star for one in self._arguments()):
            return None
        node = self._node
        for name, value in settings.items():
            node = _with_argument(node, name, value, positions.get(name))
        return _whole(node)

    def with_slice(self, axis: int, lower: str | None, upper: str | None) -> str | None:
        """Return ``x[a:b]`` with other bounds along an axis, "" for none and None for the one that it has."""
        cst = _libcst()
        if not isinstance(self._node, cst.Subscript) or axis >= len(self._node.slice):
            return None
        part = self._node.slice[axis].slice
        before = [one.slice for one in self._node.slice[:axis]]
        if not isinstance(part, cst.Slice) or part.step is not None or not all(map(_has_one_axis, before)):
            return None
        bounds = {
            name: _parsed(text) if text else None
            for name, text in (("lower", lower), ("upper", upper))
            if text is not None
        }
        return _whole(self._node.deep_replace(part, part.with_changes(**bounds)))

    def bounds(self, axis: int) -> tuple[str, str] | None:
        """Return the bounds of ``x[a:b]`` along an axis, "" for none; None where there is no such slice."""
        cst = _libcst()
        if not isinstance(self._node, cst.Subscript) or axis >= len(self._node.slice):
            return None
        part = self._node.slice[axis].slice
        if not isinstance(part, cst.Slice):
            return None
        lower, upper = ("" if one is None else _code(one) for one in (part.lower, part.upper))
        return lower, upper

    def _arguments(self) -> Sequence[Any]:
        return self._node.args if isinstance(self._node, _libcst().Call) else ()

    def _operands(self) -> list[Any]:  # noqa: PLR0911 - one per kind of expression
        cst = _libcst()
        match self._node:
            case cst.BinaryOperation(left=left, right=right):
                return [left, right]
            case cst.Comparison(left=left, comparisons=[one]):
                return [left, one.comparator]
            case cst.AugAssign(target=left, value=right):
                return [left, right]
            case cst.UnaryOperation(expression=only) | cst.Subscript(value=only):
                return [only]
            case cst.List(elements=given) if not any(isinstance(one, cst.StarredElement) for one in given):
                return [one.value for one in given]
            case cst.Call(args=given) if not any(one.star for one in given):
                return [one.value for one in given if one.keyword is None]
        return []


def bracketed(text: str) -> str:
    """Return an expression so that it can be the operand of any operator."""
    return text if is_atom(text) else f"({text})"


def negated(text: str) -> str:
    """Return an expression with the other sign: of a product that begins with one, without it."""
    node = expression_in(text)
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        node = node.left
    signed = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    return text.lstrip().removeprefix("-") if signed and text.lstrip()[:1] == "-" else f"-{bracketed(text)}"


def as_operand(text: str, operator: ast.operator | ast.cmpop) -> str:
    """Return an expression as an operand of an operator: without brackets if it binds more tightly."""
    tree = expression_in(text)
    match tree:
        case ast.BinOp(op=own) if _tightness(own) > _tightness(operator):
            return text
    return bracketed(text)


def _tightness(operator: ast.operator | ast.cmpop) -> int:
    match operator:
        case ast.cmpop():
            return -2
        case ast.Pow():
            return 2
        case ast.Mult() | ast.Div() | ast.MatMult() | ast.FloorDiv() | ast.Mod():
            return 1
        case ast.Add() | ast.Sub():
            return 0
    return -1  # of bits


def is_atom(text: str) -> bool:
    """Return whether `text` is an expression that binds more tightly than any operator."""
    tree = expression_in(text)
    if tree is None:
        return False
    in_parentheses = (tree.lineno, tree.col_offset) > (1, 1 + len(text) - len(text.lstrip()))
    return in_parentheses or isinstance(
        tree,
        ast.Call | ast.Name | ast.Attribute | ast.Subscript | ast.Constant | ast.List | ast.Set | ast.Dict,
    )


def sum_beside(function: str) -> str:
    """Return the function that sums, of the library whose function for a sum or mean is written."""
    return f"{function.removesuffix('sum').removesuffix('mean')}sum"


def in_one_line(text: str) -> str:
    """Return source as it stands in a sentence; of a `for`, which unstacks something, the header alone."""
    try:
        (statement,) = ast.parse(text).body
    except (SyntaxError, ValueError):  # part of a statement, or several
        return " ".join(text.split())
    if isinstance(statement, ast.For):
        target, iterable = (ast.get_source_segment(text, one) for one in (statement.target, statement.iter))
        text = f"for {target} in {iterable}"
    return " ".join(text.split())


def is_display(text: str) -> bool:
    """Return whether `text` makes a list or a tuple: TensorFlow would stack it, Python does not."""
    return isinstance(
        expression_in(text), ast.List | ast.Tuple | ast.ListComp | ast.GeneratorExp | ast.Starred
    )


def number_in(text: str) -> float | None:
    """Return the number that `text` is, or None."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError):
        return None
    return float(value) if isinstance(value, int | float) else None


def parses(text: str) -> bool:
    """Return whether `text` is Python: it is not when, for one, it ends in the middle of a comment."""
    try:
        return bool(ast.parse(text).body)
    except SyntaxError:
        return False


@functools.lru_cache(maxsize=4096)
def expression_in(text: str) -> ast.expr | None:
    """Return the expression that `text` is, be it over several lines; None where it is none, as a slice."""
    try:
        return ast.parse(f"({text.strip()}\n)", mode="eval").body
    except SyntaxError:
        return None


@functools.cache
def _libcst() -> Any:
    """Return the library that keeps what is between the words: importing it takes a while."""
    import libcst

    return libcst


def _parsed(text: str) -> Any:
    """Return an expression, or an augmented assignment, as a tree; None where it is neither."""
    cst = _libcst()
    try:
        node = cst.parse_expression(f"({text}\n)")
        return node.with_changes(lpar=node.lpar[1:], rpar=node.rpar[:-1])
    except (cst.ParserSyntaxError, cst.CSTValidationError):  # the second: nothing stands between the brackets
        pass
    try:
        statement = cst.parse_statement(text)
    except cst.ParserSyntaxError:
        return None
    body: Any = getattr(statement, "body", None)
    return body[0] if isinstance(body, Sequence) and isinstance(body[0], cst.AugAssign) else None


def _code(node: libcst.CSTNode) -> str:
    code: str = _libcst().Module([]).code_for_node(node)
    return code


def _whole(node: libcst.CSTNode) -> str | None:
    text = _code(node)
    return text if expression_in(text) is not None or parses(text) else None


def _with_operand(node: Any, number: int, value: Any) -> Any:  # noqa: PLR0911 - one per kind
    cst = _libcst()
    match node:
        case cst.BinaryOperation():
            return node.with_changes(**{("left", "right")[number]: value})
        case cst.Comparison() if number == 0:
            return node.with_changes(left=value)
        case cst.Comparison(comparisons=[one]):
            return node.with_changes(comparisons=[one.with_changes(comparator=value)])
        case cst.Call(args=given):
            at = [place for place, one in enumerate(given) if one.keyword is None][number]
            return node.with_changes(
                args=[*given[:at], given[at].with_changes(value=value), *given[at + 1 :]]
            )
        case cst.List(elements=given):
            changed = given[number].with_changes(value=value)
            return node.with_changes(elements=[*given[:number], changed, *given[number + 1 :]])
        case cst.UnaryOperation():
            return node.with_changes(expression=value)
    return node.with_changes(value=value)


def _with_argument(call: Any, name: str, value: str, position: int | None) -> Any:
    cst, given = _libcst(), list(call.args)
    positional = [one for one in given if one.keyword is None]
    old = next((one for one in given if one.keyword is not None and one.keyword.value == name), None)
    if old is None and position is not None and position < len(positional):
        old = positional[position]
    new = _parsed(value)
    if old is not None:
        return call.with_deep_changes(old, value=new)
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    added = cst.Arg(new, keyword=cst.Name(name), equal=equal)
    if given:
        last = given[-1]
        trailing = isinstance(last.comma, cst.Comma)
        added = added.with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
        between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        given[-1] = last.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
        if not trailing:
            added = added.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return call.with_changes(args=[*given, added])


def _has_one_axis(part: Any) -> bool:
    """Return whether a part of an index is no ``...`` and no None."""
    cst = _libcst()
    return not (isinstance(part, cst.Index) and isinstance(part.value, cst.Ellipsis | cst.Name))

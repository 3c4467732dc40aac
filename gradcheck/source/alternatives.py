"""Functions and operators of which one is written where another was meant."""

from __future__ import annotations

import ast
from collections.abc import Mapping

_PAIRS = (
    ("reduce_sum", "reduce_mean"),
    ("sum", "mean"),
    ("minimum", "maximum"),
    ("reduce_min", "reduce_max"),
    ("zeros_like", "ones_like"),
    ("zeros", "ones"),
    ("argmin", "argmax"),
    ("repeat", "tile"),
    ("floor", "ceil"),
    ("add", "subtract"),
    ("multiply", "divide"),
    ("sin", "cos"),
    ("logical_and", "logical_or"),
    ("cumsum", "cumprod"),
)
OPPOSITES = {one: (other,) for pair in _PAIRS for one, other in (pair, pair[::-1])}

COMPANIONS = {
    "tf.nn.softmax": "tf.nn.log_softmax",
    "tf.nn.log_softmax": "tf.nn.softmax",
    "tf.sigmoid": "tf.math.log_sigmoid",
    "tf.nn.sigmoid": "tf.math.log_sigmoid",
    "tf.math.log_sigmoid": "tf.sigmoid",
}
"""Functions of which one program may call the one, and another its logarithm."""

OPERATORS: Mapping[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-",),
    ast.Sub: ("+",),
    ast.Mult: ("/",),
    ast.Div: ("*",),
    ast.Pow: ("*",),
    ast.FloorDiv: ("%",),
    ast.Mod: ("//",),
}
DIRECTED: Mapping[type[ast.operator], str] = {
    ast.Sub: "-",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
EQUALITIES = ("==", "!=")
"""How words, which have no order that means anything, are compared."""

MODULES = ("tf.", "np.")

MAKE_ANOTHER_THING = {
    *("add_n", "concat", "constant", "ones", "ones_like", "range", "rank"),
    *("shape", "size", "stack", "unstack", "zeros", "zeros_like"),
}
"""Functions that are given a value, or a list of some, to make something of another kind."""

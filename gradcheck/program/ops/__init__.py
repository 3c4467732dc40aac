"""What is asked of types of ops, all of it answered from the one `table` of them.

What broadcasting does to shapes is in `broadcasting`; how ops are run again is the business of `execution`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from gradcheck.program.ops.op_type import OpType
from gradcheck.program.ops.table import TABLE

OPS = {op.name: op for op in TABLE}
"""What is known of each type of op, by TensorFlow's name of it."""


def _those(wanted: Callable[[OpType], object]) -> frozenset[str]:
    return frozenset(op.name for op in TABLE if wanted(op))


ELEMENTWISE = {op.name: set(op.functions) for op in TABLE if op.broadcasts}
"""Ops whose operands are broadcast, and the functions that call them with the operands in order."""

REDUCTIONS = {op.name: op.functions[0] for op in TABLE if op.kind == "reduction"}
"""Ops that reduce over axes, and the function that calls each."""

ALONG_AXIS = {op.name: op.functions[0] for op in TABLE if op.along_axis}
SQUASHING = {op.name: op.functions[0] for op in TABLE if op.squashes}
NORMALISATIONS = {op.name: op.functions[0] for op in TABLE if op.kind == "normalisation"}
REORDERINGS = {op.name: op.functions[0] for op in TABLE if op.kind == "reordering"}
PYTHON = {op.name: f"tf.{op.function}" for op in TABLE if op.kind == "python"}
"""Ops that run Python code, and the function that makes each."""

POLES = {op.name: op.pole for op in TABLE if op.pole is not None}
INDICES = {op.name: op.indices for op in TABLE if op.indices is not None}
MASKED_BY = {op.name: op.masked_by for op in TABLE if op.masked_by}
WITHOUT_SAMPLES = {op.name: op.without_samples for op in TABLE if op.without_samples is not None}

FUNCTIONS_WITH_OPERATOR = {
    op.functions[0]: op.operator
    for op in TABLE
    if op.operator and (op.kind in ("arithmetic", "comparison") or op.name == "Neg")
}
"""What may be written as an operator between its operands, or in front of its only one."""

INSIDE = {"clip_by_value": {("Minimum", 0): 0, ("Minimum", 1): 2, ("Maximum", 1): 1}}
"""Functions that run several ops: which argument is which input of which op."""

REDUCE_INSIDE = {
    "l2_normalize": ("axis", 1),
    "moments": ("axes", 1),
    "reduce_std": ("axis", 1),
    "reduce_variance": ("axis", 1),
}
"""Functions that reduce over axes that they are told, and keep these inside: the argument, and its position."""

BINARY = _those(lambda op: op.kind == "arithmetic")
UNARY = _those(lambda op: op.kind in ("unary", "normalisation"))
ADDITIONS = _those(lambda op: op.operator == "+")
DIVISIONS = _those(lambda op: op.divides)
PRODUCTS = _those(lambda op: op.kind == "product")
CHOICES = _those(lambda op: op.kind == "choice")
CONTROL = _those(lambda op: op.kind == "control")
HAVE_OPPOSITE = _those(lambda op: op.opposite)
UNDEFINED_BELOW_POLE = _those(lambda op: op.pole is not None and op.undefined_below_pole)
KEEP_POLE = _those(lambda op: op.keeps_pole)
LINEAR = _those(lambda op: op.linear)
BOUNDS = _those(lambda op: op.bound)
HOLD_BACK = _those(lambda op: op.bound or op.rectifier)
ACTIVATIONS = _those(lambda op: op.activation)
HOMOGENEOUS = _those(lambda op: op.homogeneous)
EVEN = _those(lambda op: op.even)
REARRANGE = _those(lambda op: op.rearranges)
GIVE_AXIS = _those(lambda op: op.gives_axis)
ASK_FOR_SHAPE = _those(lambda op: op.asks_for_shape)
DRAW_INTEGERS = _those(lambda op: op.draws == "integers")
DRAW_DIFFERENTIABLY = _those(lambda op: op.draws == "differentiably")
READ_VARIABLES = _those(lambda op: op.on_variable == "reads")
READ_STATE = _those(lambda op: op.on_variable in ("reads", "asks"))
TAKE_BY_INDEX = _those(lambda op: op.kind == "gather")
BY_PLACE = _those(lambda op: op.kind in ("gather", "reordering", "segments")) | {
    "OneHot",
    "Slice",
    "StridedSlice",
}
"""Ops that take elements by their place, or put them there."""

HAND_ON = _those(lambda op: op.kind in ("layout", "gather", "reordering", "cast")) | {"StopGradient"}
"""Ops that hand numbers on, in another arrangement or to other readers."""

HAVE_AXIS = frozenset(REDUCTIONS) | frozenset(ALONG_AXIS) | {"ConcatV2", "Pack", "Transpose"}
"""Ops that run along axes, or arrange them."""

MAY_BREAK_DOWN = frozenset(POLES) | {
    *("Acos", "Acosh", "Asin", "Atanh", "Digamma", "DivNoNan", "Exp", "Expm1", "Inv", "Lgamma"),
    *("RsqrtGrad", "SqrtGrad", "Xdivy", "Xlogy"),
}
"""Ops that may give numbers that are not finite where none of their operands are."""

LEAVE_VARIABLES = _those(lambda op: op.on_variable == "leaves")
ONLY_TELL = _those(lambda op: op.only_tells)
READ_BITS = _those(lambda op: op.reads_bits)

# Families of ops, of which TensorFlow has more than anybody would list.


def multiplies(op_type: str) -> bool:
    """Return whether ops of a type multiply two operands, or their elements, with each other."""
    return any(word in op_type for word in ("Mul", "Einsum", "Conv"))


@functools.cache
def is_draw(op_type: str) -> bool:
    """Return whether ops of a type draw random numbers, and do not only prepare seeds for it."""
    return any(word in op_type for word in _DRAWING) and not op_type.startswith("StatelessRandomGet")


_DRAWING = (
    "CandidateSampler",
    "Multinomial",
    "Random",
    "SampleDistorted",
    "Shuffle",
    "StatefulStandardNormal",
    "StatefulUniform",
    "TruncatedNormal",
)

STATE_OF_A_VARIABLE = ("ReadVariableOp", "VarHandleOp", "VarIsInitializedOp", "Assign", "Resource")
"""How the types of stateful ops begin whose state is a variable's."""

WITHOUT_STATE = ("Assert", "CheckNumerics", "Print", "Write")
"""How the types of stateful ops begin that have no state: they tell people something, or raise."""

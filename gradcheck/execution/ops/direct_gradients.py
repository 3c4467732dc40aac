"""Gradients of the ops that large programs mostly consist of, as a replay in float64 takes them.

TensorFlow's own look up a registry and open a name scope for each op, which takes longer than a small op does;
and in float64 that of `Mul` runs eight ops, in float32 two. These are the same formulas, as documented for each.
What they say is believed only where it is near the tape's gradient, which is TensorFlow's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Tensor, array_of
from gradcheck.execution.tensorflow_internals import a_tape_watches, dtype_number, known_shape, run_op
from gradcheck.program.recording import Op

Backward = Callable[..., Sequence[Any]]
"""Called with the gradient of each output; returns that of each input, None where it has none."""

Again = Callable[[], Tensor]
"""Returns an input of an op once more."""


def direct_gradient(
    kind: str,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    attributes: Mapping[str, Any],
    again: Mapping[int, Again],
) -> Backward | None:
    """Return what takes the gradient of an op in float64; None where that is left to TensorFlow.

    Parameters
    ----------
    again
        The inputs that are not to be held until the gradient is taken, by place.
    """
    make = _GRADIENTS.get(kind)
    if make is None or dtype_number(outputs[0]) != _FLOAT64:
        return None
    backward = make(inputs, outputs, attributes, again)
    return None if backward is None else _of_dense(backward)


_FLOAT64 = tf.float64.as_datatype_enum
_INT32 = tf.int32.as_datatype_enum
_T = ("T", _FLOAT64)


def _of_dense(backward: Backward) -> Backward:
    """Return `backward`, given dense gradients: of what is gathered later on, they are sparse."""

    def dense(*given: Any) -> Sequence[Any]:
        return backward(*(tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in given))

    return dense


def _one(kind: str, inputs: Sequence[Any], attributes: tuple[Any, ...] = _T) -> Tensor:
    return run_op(kind, 1, inputs, attributes)[0]


def _wanted(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[bool] | None:
    """Return of which inputs the gradient is asked for; None where one of these is broadcast."""
    wanted = [a_tape_watches(each) for each in inputs]
    shapes = {known_shape(each) for each in itertools.compress(inputs, wanted)}
    return wanted if shapes <= {known_shape(outputs[0])} else None


def _add(inputs: Sequence[Tensor], outputs: Sequence[Tensor], *_: Any) -> Backward | None:
    wanted = _wanted(inputs, outputs)
    return None if wanted is None else lambda g: tuple(g if is_wanted else None for is_wanted in wanted)


def _subtract(inputs: Sequence[Tensor], outputs: Sequence[Tensor], *_: Any) -> Backward | None:
    wanted = _wanted(inputs, outputs)
    if wanted is None:
        return None
    left, right = wanted
    return lambda g: (g if left else None, _one("Neg", [g]) if right else None)


def _multiply(inputs: Sequence[Tensor], outputs: Sequence[Tensor], *_: Any) -> Backward | None:
    wanted = _wanted(inputs, outputs)
    if wanted is None:
        return None
    # What is not wanted needs no operand held either.
    y, x = (other if is_wanted else None for other, is_wanted in zip(reversed(inputs), wanted, strict=True))
    return lambda g: tuple(None if other is None else _one("Mul", [g, other]) for other in (y, x))


def _square(inputs: Sequence[Tensor], *_: Any) -> Backward:
    x = inputs[0]
    return lambda g: (_one("Mul", [g, _one("AddV2", [x, x])]),)


def _sum(inputs: Sequence[Tensor], *_: Any) -> Backward:
    reduced, shape = _reduced(inputs), known_shape(inputs[0])
    return lambda g: (_spread(g, reduced, shape), None)


def _mean(inputs: Sequence[Tensor], *_: Any) -> Backward:
    reduced, shape = _reduced(inputs), known_shape(inputs[0])
    count = tf.constant(math.prod(shape) // max(math.prod(reduced), 1), tf.float64)
    return lambda g: (_spread(_one("RealDiv", [g, count]), reduced, shape), None)


def _reduced(inputs: Sequence[Tensor]) -> list[int]:
    """Return the shape that what is reduced has then, with an axis of length 1 for each that is reduced."""
    shape = known_shape(inputs[0])
    axes = {axis % len(shape) for axis in array_of(inputs[1]).ravel().tolist()}
    return [1 if axis in axes else length for axis, length in enumerate(shape)]


def _spread(g: Tensor, reduced: Sequence[int], shape: Sequence[int]) -> Tensor:
    kept = _one("Reshape", [g, tf.constant(reduced, tf.int32)], (*_T, "Tshape", _INT32))
    return _one("BroadcastTo", [kept, tf.constant(shape, tf.int32)], (*_T, "Tidx", _INT32))


def _by_output(kind: str, *, output_first: bool = True) -> Callable[..., Backward]:
    """Return the gradient of an op whose own gradient is an op on what it gave."""

    def make(_: Any, outputs: Sequence[Tensor], *__: Any) -> Backward:
        made = outputs[0]
        return lambda g: (_one(kind, [made, g] if output_first else [g, made]),)

    return make


def _add_bias(inputs: Sequence[Tensor], outputs: Sequence[Tensor], attributes: Any, _: Any) -> Backward:
    layout = ("data_format", attributes.get("data_format") or b"NHWC", *_T)
    return lambda g: (g, _one("BiasAddGrad", [g], layout))


def _split(inputs: Sequence[Tensor], outputs: Sequence[Tensor], *_: Any) -> Backward:
    axis = inputs[0]
    how = ("N", len(outputs), *_T, "Tidx", dtype_number(axis))
    return lambda *parts: (None, _one("ConcatV2", [*parts, axis], how))


def _reshape(inputs: Sequence[Tensor], *_: Any) -> Backward:
    shape = tf.constant(known_shape(inputs[0]), tf.int32)
    return lambda g: (_one("Reshape", [g, shape], (*_T, "Tshape", _INT32)), None)


def is_plain_product(op: Op) -> bool:
    """Return whether an op multiplies two matrices as they are."""
    return op.type == "MatMul" and not any(op.attributes.get(f"transpose_{side}") for side in "ab")


def _product(
    inputs: Sequence[Tensor], _: Any, attributes: Mapping[str, Any], again: Mapping[int, Again]
) -> Backward | None:
    if attributes.get("transpose_a") or attributes.get("transpose_b"):
        return None
    left, right = (again.get(place, lambda it=it: it) for place, it in enumerate(inputs))
    wants_left, wants_right = map(a_tape_watches, inputs)

    def backward(g: Any) -> tuple[Any, Any]:
        # One after the other: each operand may be large, and is held by nobody else.
        by_left = _one("MatMul", [g, right()], _transposed(1)) if wants_left else None
        return by_left, _one("MatMul", [left(), g], _transposed(0)) if wants_right else None

    return backward


def sketched_product(inputs: Sequence[Tensor], right: Again, sketch: Tensor) -> Backward:
    """Return what takes the gradient of a product of two matrices, that of the right one times a `sketch`."""
    left, wants_left = inputs[0], a_tape_watches(inputs[0])

    def backward(g: Any) -> tuple[Any, Any]:
        by_left = _one("MatMul", [g, right()], _transposed(1)) if wants_left else None
        return by_left, _one("MatMul", [left, _one("MatMul", [g, sketch], _transposed(None))], _transposed(0))

    return _of_dense(backward)


def _transposed(place: int | None) -> tuple[Any, ...]:
    return ("transpose_a", place == 0, "transpose_b", place == 1, *_T)


def _slice(inputs: Sequence[Tensor], _: Any, attributes: Mapping[str, Any], *__: Any) -> Backward:
    sliced, *where = inputs
    masks = (part for name in _MASKS for part in (name, attributes.get(name) or 0))
    how = (*_T, "Index", dtype_number(where[0]), *masks)

    def backward(g: Any) -> tuple[Any, ...]:
        shape = tf.constant(known_shape(sliced), where[0].dtype)
        return _one("StridedSliceGrad", [shape, *where, g], how), None, None, None

    return backward


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _pack(inputs: Sequence[Tensor], _: Any, attributes: Mapping[str, Any], *__: Any) -> Backward:
    count = len(inputs)
    how = ("num", count, *_T, "axis", attributes.get("axis") or 0)
    return lambda g: run_op("Unpack", count, [g], how)


def _softmax(_: Any, outputs: Sequence[Tensor], *__: Any) -> Backward:
    made = outputs[0]
    how = ("keep_dims", True, *_T, "Tidx", _INT32)

    def backward(g: Any) -> tuple[Tensor]:
        mean = _one("Sum", [_one("Mul", [g, made]), tf.constant([-1])], how)
        return (_one("Mul", [_one("Sub", [g, mean]), made]),)

    return backward


_GRADIENTS: Mapping[str, Callable[..., Backward | None]] = {
    "AddV2": _add,
    "BiasAdd": _add_bias,
    "Identity": lambda *_: lambda g: (g,),
    "Log": lambda inputs, *_: lambda g: (_one("RealDiv", [g, inputs[0]]),),
    "MatMul": _product,
    "Mean": _mean,
    "Mul": _multiply,
    "Neg": lambda *_: lambda g: (_one("Neg", [g]),),
    "Pack": _pack,
    "Relu": _by_output("ReluGrad", output_first=False),
    "Reshape": _reshape,
    "Sigmoid": _by_output("SigmoidGrad"),
    "Softmax": _softmax,
    "Split": _split,
    "Square": _square,
    "StridedSlice": _slice,
    "Sub": _subtract,
    "Sum": _sum,
    "Tanh": _by_output("TanhGrad"),
}

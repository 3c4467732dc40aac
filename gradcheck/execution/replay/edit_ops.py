"""Tensor operations for edits in a replay: reshape, change slices, adapt to earlier changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.tensorflow_internals import op_definition
from gradcheck.program.recording import Op
from gradcheck.repair.edits import Function


class MisfitError(Exception):
    """An edit does not go with what it is applied to: the shapes, the dtypes, or the recording itself."""


def fitted(function: Callable[..., Any], *given: Any, **settings: Any) -> Any:
    """Call a function of TensorFlow's; a `MisfitError` where what it is given does not fit it.

    Only such calls are excused: what goes wrong in our own code is a fault, and comes to light.
    """
    try:
        return function(*given, **settings)
    except (
        tf.errors.OpError,
        ValueError,
        TypeError,
        LookupError,
    ) as error:  # LookupError: it has no gradient
        raise MisfitError(str(error)) from error


_Input = TypeVar("_Input")


def given(inputs: list[_Input], place: int) -> _Input:
    """Return input number `place`; an op that takes any number of them may have fewer on another batch."""
    if place >= len(inputs):
        raise MisfitError(f"it has no input number {place}")
    return inputs[place]


def replaced(inputs: list[Tensor], place: int, value: Tensor) -> list[Tensor]:
    """Return `inputs` with `value` at `place`."""
    return [*inputs[:place], value, *inputs[place + 1 :]]


def in_rows(picked: Any, stride: int) -> Any:
    """Return where the elements lie that `picked` numbers within each row, all rows laid end to end."""
    starts = tf.range(len(picked), dtype=picked.dtype) * stride
    return picked + tf.reshape(starts, [-1] + [1] * (picked.shape.rank - 1))


def lengths_that_fit(tensor: Tensor, lengths: Tensor) -> Tensor:
    """Return what to reshape to: `lengths`, the first of which gives way where the tensor has another size."""
    if tf.reduce_prod(lengths) in (tf.size(tensor), -tf.size(tensor)) or -1 in lengths.numpy():
        return lengths
    fitting: Tensor = tf.concat([[-1], lengths[1:]], axis=0)
    return fitting


def shifted_slice(op: Op, inputs: list[Tensor], axis: int, begin: int, end: int) -> Tensor:
    """Slice with the bounds along `axis` moved; one that was left out is where the axis begins or ends."""
    masks = {name: int(op.attributes[name]) for name in _MASKS}
    if masks["ellipsis_mask"] or masks["new_axis_mask"]:
        raise MisfitError("which axis a bound belongs to depends on the rank")
    bounds = [np.array(inputs[1]), np.array(inputs[2])]
    if axis >= inputs[0].shape.rank:
        raise MisfitError("there is no such axis")
    length = inputs[0].shape[axis]
    for values, by, name, outside in zip(bounds, (begin, end), _MASKS, (0, length), strict=False):
        own = values[axis] + length * (values[axis] < 0)
        values[axis] = by + (outside if masks[name] >> axis & 1 else own)
        masks[name] &= ~(1 << axis)
    if masks["shrink_axis_mask"] >> axis & 1:  # one index, whose end means nothing
        bounds[1][axis] = bounds[0][axis] + 1
    if not 0 <= bounds[0][axis] <= bounds[1][axis] <= length:
        raise MisfitError("the slice would leave the axis")
    made: Tensor = fitted(tf.strided_slice, inputs[0], *bounds, inputs[3], **masks)
    return made


_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def of_one_dtype(kind: str, inputs: list[Tensor]) -> list[Tensor]:
    """Cast inputs that share a type attribute to float64 where one of them is floating."""
    groups = _type_groups(kind, len(inputs))
    for members in groups.values():
        if any(inputs[i].dtype.is_floating for i in members) and len({inputs[i].dtype for i in members}) > 1:
            inputs = [tf.cast(x, tf.float64) if i in members else x for i, x in enumerate(inputs)]
    return inputs


def inferred_types(kind: str, inputs: list[Tensor]) -> dict[str, Any]:
    """Return the attributes that name the dtypes of the inputs of an op, as these are now."""
    groups = _type_groups(kind, len(inputs))
    return {name: inputs[members[0]].dtype for name, members in groups.items() if members}


def _type_groups(kind: str, count: int) -> dict[str, list[int]]:
    """Return which inputs share which type attribute. A list of inputs takes all that are left for it."""
    groups: dict[str, list[int]] = {}
    arguments = op_definition(kind).input_arg
    position = 0
    for number, argument in enumerate(arguments):
        after = len(arguments) - number - 1
        width = count - position - after if argument.number_attr else 1
        if argument.type_attr:
            groups.setdefault(argument.type_attr, []).extend(range(position, position + width))
        position += width
    return groups


FUNCTIONS: dict[Function, Callable[[Any, Any], Any]] = {
    "squeeze": lambda x, axis: tf.squeeze(x, axis=axis),
    "expand_dims": lambda x, axis: tf.expand_dims(x, axis=axis),
    "append_axes": lambda x, count: tf.reshape(x, [*x.shape, *[1] * count]),
    "transpose": lambda x, _: tf.transpose(x),
    "reduce_sum": lambda x, axis: tf.reduce_sum(x, axis=axis, keepdims=axis is not None),
    "reduce_mean": lambda x, axis: tf.reduce_mean(x, axis=axis, keepdims=axis is not None),
    "reverse": lambda x, axis: tf.reverse(x, [axis]),
    "stop_gradient": lambda x, _: tf.stop_gradient(x),
    "negative": lambda x, _: tf.negative(x),
    "scale": lambda x, factor: x * tf.constant(factor, x.dtype),  # tf.cast would round it to float32 first
    "add": lambda x, by: x + tf.constant(by, x.dtype),
    "as_float": lambda x, _: tf.cast(x, tf.float64),
}

REDUCE: dict[str, Any] = {
    "Sum": tf.reduce_sum,
    "Mean": tf.reduce_mean,
    "Max": tf.reduce_max,
    "Min": tf.reduce_min,
    "Prod": tf.reduce_prod,
    "All": tf.reduce_all,
    "Any": tf.reduce_any,
}

ALONG: dict[str, Any] = {"Softmax": tf.nn.softmax, "LogSoftmax": tf.nn.log_softmax, "ArgMax": tf.argmax}

STABLE: dict[str, Any] = {
    "softplus": tf.nn.softplus,
    "log_softmax": tf.nn.log_softmax,
    "log_sigmoid": tf.math.log_sigmoid,
}

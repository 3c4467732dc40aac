"""What replays with changes have in common: calls that may not fit, shapes and dtypes that follow a change."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.tensorflow_internals import known_shape, op_definition


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


def function_named(name: str) -> Callable[..., Any]:
    """Return a function of TensorFlow's by its name below `tf`; a `MisfitError` where there is none."""
    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise MisfitError(f"there is no tf.{name}")
    return found  # type: ignore[no-any-return]


_Input = TypeVar("_Input")


def given(inputs: Sequence[_Input], place: int) -> _Input:
    """Return input number `place`; an op that takes any number of them may have fewer on another batch."""
    if place >= len(inputs):
        raise MisfitError(f"it has no input number {place}")
    return inputs[place]


def lengths_that_fit(tensor: Tensor, lengths: Tensor) -> Tensor:
    """Return what to reshape to: `lengths`, the first of which gives way where the tensor has another size."""
    known = lengths.numpy()  # NumPy counts many times as fast as TensorFlow
    if -1 in known or abs(math.prod(known.tolist())) == math.prod(known_shape(tensor)):
        return lengths
    fitting: Tensor = tf.constant([-1, *known[1:]], lengths.dtype)
    return fitting


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


@functools.cache
def _type_groups(kind: str, count: int) -> Mapping[str, Sequence[int]]:
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

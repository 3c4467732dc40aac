"""The attributes of an op, as TensorFlow's eager runtime wants them to run it again."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from gradcheck.execution.tensorflow_internals import op_definition

WIDER = {
    tf.float16: tf.float64,
    tf.bfloat16: tf.float64,
    tf.float32: tf.float64,
    tf.complex64: tf.complex128,
}
"""What every narrow dtype becomes in a replay in float64."""

_OPAQUE = {tf.resource.as_datatype_enum, tf.variant.as_datatype_enum}


@dataclass(frozen=True)
class Definition:
    """What TensorFlow's registry says of one type of op.

    `attributes` holds name, type and default (None where there is none) of each; `opaque` is whether
    some input is a handle or a variant, which hold more than the numbers that are seen.
    """

    attributes: tuple[tuple[str, str, Any], ...]
    stateful: bool
    opaque: bool


@functools.cache
def definition(kind: str) -> Definition | None:
    """Return the definition of the op `kind`, or None for what is not an op but a function."""
    found = op_definition(kind)
    if found is None:
        return None
    attributes = [(a.name, a.type, python_value(a.default_value, a.type)) for a in found.attr]
    opaque = any(argument.type in _OPAQUE or argument.is_ref for argument in found.input_arg)
    return Definition(tuple(attributes), found.is_stateful, opaque)


def flat_attributes(kind: str, given: Mapping[str, Any], *, float64: bool) -> tuple[Any, ...]:
    """Return `given` as alternating names and values, left-out defaults filled in.

    Gradient functions ask for attributes that were left out where the op was recorded. With `float64`
    every dtype among them is the wider one.
    """
    known = definition(kind)
    assert known is not None
    flat: list[Any] = []
    for name, of_type, default in known.attributes:
        value = given.get(name)
        value = default if value is None else value
        if value is not None:
            flat += (name, _as_wanted(of_type, value, float64))
    return tuple(flat)


def python_value(value: Any, of_type: str) -> Any:
    """Return what a `tf.AttrValue` of the type `of_type` holds; None for nothing, and for a tensor."""
    field = value.WhichOneof("value")
    if field == "list":
        return [_item(item, of_type[5:-1]) for item in getattr(value.list, _FIELDS[of_type[5:-1]])]
    return None if field in (None, "tensor") else _item(getattr(value, field), of_type)


_FIELDS = {"string": "s", "bytes": "s", "int": "i", "float": "f", "bool": "b"} | {
    name: name for name in ("type", "shape", "func", "tensor")
}


def _item(item: Any, of_type: str) -> Any:
    if of_type == "shape":
        return None if item.unknown_rank else [dim.size for dim in item.dim]
    return item


def _as_wanted(of_type: str, value: Any, float64: bool) -> Any:
    if of_type == "type":
        dtype = tf.as_dtype(value)
        return (WIDER.get(dtype, dtype) if float64 else dtype).as_datatype_enum
    if of_type == "list(type)":
        return [_as_wanted("type", item, float64) for item in value]
    return list(value) if of_type.startswith("list(") else value

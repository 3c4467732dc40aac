"""A value of a script's as source that makes it again: numbers in the text, arrays from the file beside it."""

from __future__ import annotations

import argparse
import collections
import contextlib
import enum
import functools
import json
import math
import types
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.errors import described, said
from gradcheck.execution.cut.cutting import Cutting, NotCutError
from gradcheck.execution.cut.reach import by_attributes, custom_objects
from gradcheck.execution.cut.scopes import (
    is_imported,
    is_layer,
    is_of_keras,
    is_users,
    own_attributes,
    own_classes,
    variables_of,
)
from gradcheck.execution.cut.store import is_storable
from gradcheck.execution.keras_internals import LAYER_VARIABLE, is_compiled, layers_within, own_variables


class NotBuiltError(NotCutError):
    """A layer has no weights yet: it may have them the next time."""


def express(cut: Cutting, value: Any, name: str) -> str:
    """Return the source of a value that is no function or class of the user's.

    Raises
    ------
    NotCutError
        It cannot be made again from source and arrays.
    """
    for kinds, way in _WAYS:
        if isinstance(value, kinds):
            return str(way(cut, value, name))
    if is_users(type(value)):
        return _instance(cut, value, name)
    if is_of_keras(value):
        return _keras(cut, value, name)
    if callable(value) and is_imported(value):
        return cut.import_name(f"from {value.__module__} import {value.__qualname__}", value.__qualname__)
    raise NotCutError(
        f"{described(value)} cannot be made again from source and arrays",
        "compute what the block needs of it before the tape is opened, as arrays or numbers",
    )


def _literal(cut: Cutting, value: Any, name: str) -> str:
    if isinstance(value, enum.Enum):
        return f"{cut.expression(type(value), type(value).__name__)}.{value.name}"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _array(cut: Cutting, value: Any, name: str) -> str:
    if not is_storable(value.dtype):
        raise NotCutError(f"an array of the dtype {value.dtype}", "make it an array of numbers")
    kept = cut.store.array(cut.named(name), value)
    if tf.is_tensor(value):
        return f'frozen.tensor("{kept}")'
    return f'frozen["{kept}"]' + ("[()]" if isinstance(value, np.generic) else "")


def _variable(cut: Cutting, value: Any, name: str) -> str:
    own = cut.named(name)
    return _hoisted(cut, value, own, f'frozen.variable("{cut.store.variable(own, value)}")')


def _hoisted(cut: Cutting, value: Any, own: str, text: str) -> str:
    """Give a value that may be read from several places a name of its own, and return that."""
    cut.add(f"{own} = {text}")
    cut.known[id(value)] = (value, own)
    return own


def _sequence(cut: Cutting, value: Any, name: str) -> str:
    items = [cut.expression(each, f"{name}_{number}") for number, each in enumerate(value)]
    inner = ", ".join(items)
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return f"{cut.expression(type(value), type(value).__name__)}({inner})"
        return f"({inner}{',' if len(items) == 1 else ''})"
    if isinstance(value, collections.deque):
        cut.import_name("import collections", "collections")
        return f"collections.deque([{inner}])"
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__}([{inner}])"
    return f"[{inner}]"


def _mapping(cut: Cutting, value: Any, name: str) -> str:
    items = (
        f"{cut.expression(key, f'{name}_key')}: {cut.expression(each, f'{name}_{key}')}"
        for key, each in value.items()
    )
    return f"{{{', '.join(items)}}}"


def _namespace(cut: Cutting, value: Any, name: str) -> str:
    cut.import_name("import types", "types")
    read = {key: each for key, each in vars(value).items() if key in cut.reach.attributes}
    inner = ", ".join(f"{key}={cut.expression(each, f'{name}_{key}')}" for key, each in read.items())
    return f"types.SimpleNamespace({inner})"


def _partial(cut: Cutting, value: Any, name: str) -> str:
    cut.import_name("import functools", "functools")
    given = [
        cut.expression(each, f"{name}_{number}") for number, each in enumerate((value.func, *value.args))
    ]
    given += [f"{key}={cut.expression(each, f'{name}_{key}')}" for key, each in value.keywords.items()]
    return f"functools.partial({', '.join(given)})"


def _method(cut: Cutting, value: Any, name: str) -> str:
    return f"{cut.expression(value.__self__, f'{name}_self')}.{value.__name__}"


def _dtype(cut: Cutting, value: Any, name: str) -> str:
    return repr(value.name)


def _shape(cut: Cutting, value: Any, name: str) -> str:
    return repr(tuple(value.as_list()))


def _generator(cut: Cutting, value: Any, name: str) -> str:
    state = value.bit_generator.state
    if type(value.bit_generator) is not np.random.PCG64:
        raise NotCutError(f"a random generator of the kind {state['bit_generator']}", "draw before the tape")
    cut.import_name("import numpy as np", "np")
    own = cut.named(name)
    cut.add(f"{own} = np.random.default_rng()\n{own}.bit_generator.state = {state!r}")
    cut.known[id(value)] = (value, own)
    return own


def _instance(cut: Cutting, value: Any, name: str) -> str:
    if is_layer(value):
        _check_built(value, name)
        if not by_attributes(value):
            return _keras(cut, value, name)
    kind = cut.expression(type(value), type(value).__name__)
    own = cut.named(name)
    cut.known[id(value)] = (value, own)
    cut.add(f"{own} = frozen.instance({kind})")
    if is_layer(value):
        _own_weights(cut, own, value)
    for attribute, held in own_attributes(value).items():
        if attribute in cut.reach.attributes or _has_weights(held):
            _set(cut, own, attribute, held)
    if is_layer(value):
        _compile(cut, own, value)
        cut.add(f"{own}.built = True")
    return own


def _own_weights(cut: Cutting, own: str, layer: Any) -> None:
    """Give a layer the weights that it has itself, and that are no attribute of it."""
    held = {id(each) for each in own_attributes(layer).values()}
    weights = own_variables(layer)
    if all(id(each) in held for each in weights):
        return
    for each in weights:
        text = cut.expression(each, f"{own}.{each.name}")
        cut.add(f"frozen.track({own}, {text})")


def _set(cut: Cutting, own: str, attribute: str, held: Any) -> None:
    """Set an attribute that the block may read; one that cannot be cut out is left out, and that is said."""
    before = len(cut.pieces.statements)
    try:
        cut.add(f"{own}.{attribute} = {cut.expression(held, f'{own}.{attribute}')}")
    except NotBuiltError:
        raise
    except NotCutError as error:
        del cut.pieces.statements[before:]
        cut.pieces.left_out.append(f"{own}.{attribute}: {error.what}")


def _has_weights(held: Any) -> bool:
    if isinstance(held, list | tuple):
        return any(map(_has_weights, held))
    if isinstance(held, Mapping):
        return any(map(_has_weights, held.values()))
    return isinstance(held, keras.Layer | tf.Variable | LAYER_VARIABLE)


def _check_built(layer: Any, name: str) -> None:
    unbuilt = next((each for each in layers_within(layer) if not (each.built or _needs_no_build(each))), None)
    if unbuilt is not None:
        raise NotBuiltError(
            f"the layer `{unbuilt.name}` of `{name}` has no weights before the block runs",
            "call the model once on some data before the tape is opened",
        )


def _needs_no_build(layer: Any) -> bool:
    """Return whether a layer has no weights of its own to make: it may never be called itself."""
    return by_attributes(layer) and not any("build" in vars(each) for each in own_classes(type(layer)))


def _compile(cut: Cutting, own: str, model: Any) -> None:
    """Compile a model with the loss that the script compiled it with, where the block may ask for it."""
    asked = {"compute_loss", "compiled_loss", "loss"} & cut.reach.attributes
    loss = getattr(model, "loss", None)
    if asked and isinstance(model, keras.Model) and is_compiled(model) and loss is not None:
        weights = model.get_compile_config() or {}
        text = cut.expression(loss, f"{own}.loss")
        given = f", loss_weights={weights['loss_weights']!r}" if weights.get("loss_weights") else ""
        cut.add(f"{own}.compile(loss={text}{given})")


def _config(value: Any) -> dict[str, Any]:
    try:
        config: dict[str, Any] = keras.saving.serialize_keras_object(value)
        json.dumps(config)
    except Exception as error:  # Keras and the user's `get_config` may raise anything
        raise NotCutError(
            f"{described(value)} has no configuration that it can be made from: {said(error).splitlines()[0]}",
            "give its class a `get_config` that returns the arguments of `__init__`",
        ) from error
    config.pop("compile_config", None)
    return config


_LAMBDA = "__lambda__"
"""What Keras calls a function without a name, of which it would keep the compiled code."""


@contextlib.contextmanager
def _named_lambdas(cut: Cutting, value: Any) -> Iterator[dict[str, str]]:
    """Let the configuration of `value` name the functions of its `Lambda` layers; yields these names."""
    layers = layers_within(value) if isinstance(value, keras.Layer) else ()
    given = [
        (layer, layer.function)
        for layer in layers
        if isinstance(layer, keras.layers.Lambda) and getattr(layer.function, "__name__", "") == "<lambda>"
    ]
    named: dict[str, str] = {}
    try:
        for layer, function in given:
            name = cut.named(f"{layer.name}_function")
            cut.add(f"{name} = {cut.expression(function, name)}")
            named[name] = name
            layer.function = _called(name)
        yield named
    finally:
        for layer, function in given:
            layer.function = function


def _called(name: str) -> Any:
    def function(*given: Any) -> Any:
        raise NotImplementedError

    function.__name__ = name
    return function


def _keras(cut: Cutting, value: Any, name: str) -> str:
    if is_layer(value):
        _check_built(value, name)
    custom = {key: cut.expression(each, key) for key, each in custom_objects(value).items()}
    with _named_lambdas(cut, value) as named:
        config = _config(value)
    custom |= named
    if _LAMBDA in json.dumps(config):
        raise NotCutError("a lambda in the configuration of a layer", "give the function a name with `def`")
    given = "".join(f", {key}={text}" for key, text in custom.items())
    variables = [] if isinstance(value, keras.optimizers.Optimizer) else variables_of(value)
    own = cut.named(name)
    _hoisted(cut, value, own, f'frozen.keras("{cut.store.object(own, config, variables)}"{given})')
    if isinstance(value, keras.Model):
        _compile(cut, own, value)
    return own


_WAYS: tuple[tuple[Any, Any], ...] = (
    (np.generic, _array),
    ((bool, int, float, complex, str, bytes, type(None), range, slice, type(Ellipsis), enum.Enum), _literal),
    ((tf.Variable, LAYER_VARIABLE), _variable),
    ((tf.Tensor, np.ndarray), _array),
    ((tf.DType, np.dtype), _dtype),
    (tf.TensorShape, _shape),
    (Mapping, _mapping),
    ((list, tuple, set, frozenset, collections.deque), _sequence),
    ((types.SimpleNamespace, argparse.Namespace), _namespace),
    (functools.partial, _partial),
    (types.MethodType, _method),
    (np.random.Generator, _generator),
)

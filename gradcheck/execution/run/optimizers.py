"""The optimizers of Keras 3, tf_keras and TensorFlow 1: how they are handed gradients, and kept from using them.

Which classes define `apply` and `apply_gradients`, and what these are given, is used in this file only.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf

from gradcheck.execution.keras_internals import variables_of_optimizer

Handed = list[tuple[Any, Any]]
"""Gradients, each with its variable."""

_METHODS = ("apply", "apply_gradients")


@contextlib.contextmanager
def intercepted(hand: Callable[[Handed], bool]) -> Iterator[None]:
    """Give `hand` what any optimizer is handed inside, instead of letting it be applied.

    Parameters
    ----------
    hand
        Returns whether it took the gradients; where it did not, they are applied as usual.
    """
    originals = [
        (kind, name, vars(kind)[name]) for kind in _kinds() for name in _METHODS if name in vars(kind)
    ]
    for kind, name, original in originals:
        setattr(kind, name, _instead(original, name, hand))
    try:
        yield
    finally:
        for kind, name, original in originals:
            setattr(kind, name, original)


def _kinds() -> list[type]:
    """Return every class of optimizers that is known in this process, those of the user's too."""
    bases: list[type] = [keras.optimizers.Optimizer, tf.compat.v1.train.Optimizer]
    legacy = sys.modules.get("tf_keras")
    if legacy is not None:
        bases += [legacy.optimizers.Optimizer, legacy.optimizers.legacy.Optimizer]
    above = [kind for base in bases for kind in base.__mro__]
    return list(dict.fromkeys([*above, *(kind for base in bases for kind in _below(base))]))


def _below(kind: type) -> Iterator[type]:
    further: type
    for further in kind.__subclasses__():
        yield further
        yield from _below(further)


def _instead(original: Any, name: str, hand: Callable[[Handed], bool]) -> Any:
    given = _given_to_apply if name == "apply" else _given_to_apply_gradients

    def method(optimizer: Any, gradients: Any, *rest: Any, **named: Any) -> Any:
        pairs = list(gradients) if name == "apply_gradients" else gradients
        if not hand(_unscaled(optimizer, given(optimizer, pairs, *rest, **named))):
            return original(optimizer, pairs, *rest, **named)
        return optimizer.iterations if isinstance(optimizer, keras.optimizers.Optimizer) else None

    return method


def _given_to_apply_gradients(optimizer: Any, pairs: Iterable[tuple[Any, Any]], *_: Any, **__: Any) -> Handed:
    return [(gradient, variable) for gradient, variable in pairs]


def _given_to_apply(optimizer: Any, gradients: Any, trainable_variables: Any = None) -> Handed:
    """Return the gradients with their variables: left out, these are those that the optimizer was built with."""
    variables = variables_of_optimizer(optimizer) if trainable_variables is None else trainable_variables
    return list(zip(gradients, variables, strict=False))


def _unscaled(optimizer: Any, handed: Handed) -> Handed:
    """Return gradients without the scale of the loss, which Keras 3 divides by when it applies them."""
    scale = getattr(optimizer, "loss_scale_factor", None)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        scale = optimizer.dynamic_scale if optimizer.built else optimizer.initial_scale
    if scale is None:
        return handed
    return [
        (
            None if gradient is None else tf.convert_to_tensor(gradient) / tf.cast(scale, gradient.dtype),
            variable,
        )
        for gradient, variable in handed
    ]

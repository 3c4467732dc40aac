"""A compiled Keras model as a formulation: the loss that `fit` differentiates.

What the `compute_loss` of Keras 3 and tf_keras takes is known in this file only.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

import keras

from gradcheck.errors import CaseError
from gradcheck.execution.keras_internals import is_compiled
from gradcheck.execution.run.as_taken import AsTaken


def as_function(formulation: Any) -> Callable[..., Any]:
    """Return what is called with the batch: the loss of a compiled Keras model, or else `formulation` itself.

    Raises
    ------
    CaseError
        It is a Keras model that was not compiled.
    """
    if isinstance(formulation, AsTaken):
        return as_function(formulation.formulation)
    if not is_model(formulation):
        function: Callable[..., Any] = formulation
        return function
    if not is_compiled(formulation):
        raise CaseError(
            f"a formulation is the Keras model `{formulation.name}`, and it is not compiled: call "
            "compile(loss=...) first, or give a function that returns the loss"
        )
    return _loss_of(formulation)


def is_model(thing: Any) -> bool:
    """Return whether `thing` is a model of Keras 3 or of tf_keras."""
    legacy = sys.modules.get("tf_keras")
    return isinstance(thing, keras.Model if legacy is None else (keras.Model, legacy.Model))


def _loss_of(model: Any) -> Callable[..., Any]:
    training = {"training": True}
    of_call = training if _takes(model.call, "training") else {}
    of_loss = training if _takes(model.compute_loss, "training") else {}

    def loss(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        predicted = model(x, **of_call)
        return model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=sample_weight, **of_loss)

    return loss


def _takes(function: Callable[..., Any], name: str) -> bool:
    parameters = inspect.signature(function).parameters
    return name in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())

"""Every private or undocumented part of Keras that gradcheck stands on, each under a name that says what for.

No other file uses one, and `tests/execution/test_internals.py` shows of each the behaviour that is relied on.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import CodeType, FrameType
from typing import Any

import keras
from keras.src import backend
from keras.src.backend.common import global_state

LAYER_CALL: CodeType = inspect.unwrap(keras.Layer.__call__).__code__
"""The code in which a layer is called, below the wrapper that shortens tracebacks. Public: none."""

LAYER_BUILD: CodeType = inspect.unwrap(keras.Layer._maybe_build).__code__
"""The code in which a layer makes its variables when it is called for the first time: `Layer._maybe_build`.
Public: none; `Layer.build` is overridden by each layer."""


LAYER_VARIABLE: type[Any] = backend.Variable
"""The class of the variables that layers make. Public: `keras.Variable`, a subclass of it before Keras 3.7."""


def path_of_layer(layer: Any) -> str:
    """Return the names of a layer and of those around it: `Layer.path`; before Keras 3.4 its own name alone.

    Public since then.
    """
    return str(getattr(layer, "path", None) or layer.name)


def layer_called(frame: FrameType) -> Any:
    """Return the layer that a frame of `LAYER_CALL` calls: a local variable of it. Public: none."""
    return frame.f_locals["self"]


_STEP_OF_FIT = inspect.unwrap(keras.Model.train_step).__code__
"""The code of the training step of Keras's own `fit`. Public: the method, but not what it is made of."""


def is_step_of_fit(frame: FrameType) -> bool:
    """Return whether a frame is the training step of Keras's own trainer."""
    return frame.f_code is _STEP_OF_FIT


def given_to_step(frame: FrameType) -> dict[str, Any]:
    """Return what a step of `fit` holds by name: the locals of what takes its gradient. Public: none."""
    return dict(frame.f_locals)


_SEED_GENERATOR = "global_seed_generator"


def global_seed_generator() -> Any:
    """Return the generator of the seeds that layers and initializers draw, or None where none was made yet.

    `global_state.get_global_attribute`. Public: none; `keras.utils.set_random_seed` makes a new one.
    """
    return global_state.get_global_attribute(_SEED_GENERATOR)


def set_global_seed_generator(generator: Any) -> None:
    """Let Keras draw seeds from `generator`; where it is None, from one made at the next draw."""
    global_state.set_global_attribute(_SEED_GENERATOR, generator)


def variables_of_optimizer(optimizer: Any) -> list[Any]:
    """Return the variables that an optimizer was built for: `Optimizer._trainable_variables`. Public: none."""
    return list(optimizer._trainable_variables)


def is_compiled(model: Any) -> bool:
    """Return whether `compile` was called on a model: `compiled` of Keras 3, `_is_compiled` of tf_keras.

    Public in Keras 3 alone.
    """
    return bool(getattr(model, "compiled", getattr(model, "_is_compiled", False)))


def layers_within(layer: Any) -> Iterable[Any]:
    """Return a layer and those inside it, of Keras 3 or 2: `Layer._flatten_layers`. Public: none for all kinds."""
    found: Iterable[Any] = layer._flatten_layers()
    return found


def own_variables(layer: Any) -> list[Any]:
    """Return the variables that a layer made itself, without those of the layers inside it, in their order.

    `Layer._trainable_variables` and `Layer._non_trainable_variables`. Public: none.
    """
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def track_variable(layer: Any, variable: Any) -> None:
    """Let a layer have a variable as if it had made it: `Layer._track_variable`.

    Public: an attribute that holds it, which another name in the layer would be.
    """
    layer._track_variable(variable)


FILES_OF_LOSSES = (
    "/keras/src/losses/",
    "/tf_keras/src/engine/compile_utils.py",  # gives labels the rank of predictions
    "/tf_keras/src/losses.py",
    "/tf_keras/src/utils/losses_utils.py",
)
"""Parts of the paths of the files in which Keras's losses are computed. Public: none."""

FILES_OF_OPS = (
    "/keras/src/backend/",
    "/keras/src/ops/",
    "/keras/src/utils/traceback_utils.py",
    "/tf_keras/src/backend.py",
    "/tf_keras/src/utils/traceback_utils.py",
)
"""Parts of the paths of Keras's files that stand between an expression and its op. Public: none."""

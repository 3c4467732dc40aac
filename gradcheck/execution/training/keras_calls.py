"""What a program hands to Keras's optimizers, and which layers' own losses it reads. Keras 3 and Keras 2 alike."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from gradcheck.execution.keras_internals import layers_within
from gradcheck.execution.training.hooks import Hook
from gradcheck.execution.training.variables import identity, path_of, variable_of
from gradcheck.program.gradient_health import UnreadLosses
from gradcheck.system.collecting import all_objects

Origin = Callable[[Any], tuple[int, str] | None]
"""Returns the variable, by its identity and its path, whose gradient a tensor is; None where it is none."""


def hooks_of(name: str) -> Iterator[Hook]:
    """Yield the methods of Keras's optimizers or layers that are listened to.

    Parameters
    ----------
    name
        ``apply``, ``losses`` or ``add_loss``.
    """
    for keras in ("keras", "tf_keras"):
        module = sys.modules.get(keras)
        if module is None or not hasattr(module, "layers"):
            continue
        if name == "apply":
            method = "apply" if keras == "keras" else "apply_gradients"
            owner = _owner(module.optimizers.Optimizer, method)
        else:
            method, owner = name, _owner(module.layers.Layer, name)
        if owner is not None:
            yield Hook(owner, method)


def is_keras_own(thing: Any) -> bool:
    """Return whether something is of a class of Keras's, not of the user's."""
    return type(thing).__module__.partition(".")[0] in ("keras", "tf_keras")


def _owner(kind: type, method: str) -> type | None:
    return next((each for each in kind.__mro__ if method in each.__dict__), None)


def misapplied(
    gradients: Sequence[Any], variables: Sequence[Any], origin: Origin
) -> Iterator[tuple[Literal["none", "other"], Any, str | None]]:
    """Yield what is wrong with gradients and the variables they are handed over for: kind, variable, and whose."""
    for gradient, given in zip(gradients, variables, strict=False):
        variable = variable_of(given)
        if variable is None:
            continue
        if gradient is None:
            yield "none", path_of(given), None
        elif (known := origin(gradient)) is not None and known[0] != identity(variable):
            yield "other", path_of(given), known[1]


class LayerLosses:
    """Which layers add losses of their own, and whose losses were read.

    Of layers, numbers and names are kept: they may be gone when it is asked.
    """

    def __init__(self) -> None:
        self._reads: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._layers: set[int] = set()
        self._variables: set[int] = set()
        self._adding: dict[int, str] = {}

    def read(self, layer: Any) -> None:
        """Keep a layer whose losses, and those of the layers in it, are read."""
        reads = self._reads[layer] = self._reads.get(layer, 0) + 1
        if reads & (reads - 1):  # looked at ever more seldom
            return
        self._layers.update(map(id, layers_within(layer)))
        variables = map(variable_of, layer.trainable_variables)
        self._variables.update(identity(variable) for variable in variables if variable is not None)

    def add(self, layer: Any) -> None:
        """Keep a layer that adds a loss."""
        self._adding[id(layer)] = str(getattr(layer, "path", None) or layer.name)

    def unread(self, regularised: Mapping[int, str]) -> tuple[UnreadLosses, ...]:
        """Return the layers whose losses nobody read.

        Parameters
        ----------
        regularised
            The paths of variables with a regularizer that a gradient is taken for, by their identity.
        """
        adding = [name for number, name in self._adding.items() if number not in self._layers]
        paths = [path for number, path in regularised.items() if number not in self._variables]
        layers = dict.fromkeys(path.rpartition("/")[0] or path for path in paths)
        return tuple(
            [UnreadLosses(layer=name, kind="add_loss") for name in adding]
            + [UnreadLosses(layer=name, kind="regularizer") for name in layers]
        )


def computes_in_float16() -> bool:
    """Return whether Keras is set to compute in float16."""
    return any(
        module.mixed_precision.dtype_policy().compute_dtype == "float16"
        if name == "keras"
        else module.mixed_precision.global_policy().compute_dtype == "float16"
        for name in ("keras", "tf_keras")
        if (module := sys.modules.get(name)) is not None and hasattr(module, "mixed_precision")
    )


def scales_the_loss() -> bool:
    """Return whether there is an optimizer that scales losses, and so skips steps that are not finite."""
    if not _one_scales():
        return False
    gc.collect()  # those of models that are gone say nothing
    return _one_scales()


def _one_scales() -> bool:
    return any(kind.__name__ == "LossScaleOptimizer" for kind in set(map(type, all_objects())))

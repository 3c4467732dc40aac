"""What a cut-out case reads, as arrays for one npz file: no pickles, no exported models."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.execution.training.variables import identity, path_of, variable_of

ABOUT = "gradcheck"
"""The array that describes the others, as JSON."""


@dataclass
class Store:
    """Arrays by name, and what they are.

    Parameters
    ----------
    arrays
        Those of the file.
    variables
        By the key of an array that is a variable's value, how to make the variable.
    objects
        By name, the configuration of an object of Keras's and the keys of its variables.
    sources
        By path, the key of each variable that the gradient is taken for.
    """

    arrays: dict[str, Array] = field(default_factory=dict)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    batches: list[Any] = field(default_factory=list)
    _keys: dict[int, str] = field(default_factory=dict)

    def array(self, name: str, value: Any) -> str:
        """Keep the numbers of an array or tensor under `name`; return it."""
        self.dtypes[name] = value.dtype.name
        self.arrays[name] = plain(value)
        return name

    def variable(self, name: str, variable: Any) -> str:
        """Keep the value of a variable under `name`, and what it takes to make it again; return the name."""
        inner = variable_of(variable)
        self.arrays[name] = plain(inner)
        self.variables[name] = {
            "path": path_of(variable),
            "dtype": inner.dtype.name,
            "trainable": bool(variable.trainable),
            "keras": isinstance(variable, LAYER_VARIABLE),
        }
        self._keys[identity(inner)] = name
        return name

    def key_of(self, variable: Any) -> str | None:
        """Return the name that a variable is kept by; None if it is not kept."""
        return self._keys.get(identity(variable_of(variable)))

    def object(self, name: str, config: Mapping[str, Any] | None, variables: Sequence[Any]) -> str:
        """Keep an object of Keras's under `name`: its configuration and its variables; return the name."""
        keys = [self.variable(f"{name}/{number}", each) for number, each in enumerate(variables)]
        self.objects[name] = {"config": config, "variables": keys}
        return name

    def all_arrays(self) -> dict[str, Array]:
        """Return the arrays of the file, with the one that describes them."""
        about = {
            "variables": self.variables,
            "objects": self.objects,
            "sources": self.sources,
            "dtypes": self.dtypes,
            "batches": self.batches,
        }
        return {**self.arrays, ABOUT: np.array(json.dumps(about))}


def plain(value: Any) -> Array:
    """Return a copy of numbers in a dtype that NumPy can write."""
    if tf.is_tensor(value) and value.dtype == tf.string:
        return np.array(value.numpy().tolist(), dtype=np.bytes_)
    array = np.array(value.numpy() if hasattr(value, "numpy") else value)
    return array if array.dtype.kind in _OF_NUMPY else array.astype(np.float32)


_OF_NUMPY = "biufcSU"
"""The kinds of NumPy's own dtypes that are numbers or text; bfloat16 is of another."""


def is_storable(dtype: Any) -> bool:
    """Return whether numbers of a dtype can be kept."""
    kept = np.dtype(dtype.as_numpy_dtype if isinstance(dtype, tf.DType) else dtype)
    return (
        kept.kind in _OF_NUMPY
        or dtype == tf.string
        or kept.name in ("bfloat16", "float8_e5m2", "float8_e4m3fn")
    )

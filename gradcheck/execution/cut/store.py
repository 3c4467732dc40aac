"""What a cut-out case reads, as arrays for one npz file: no pickles, no exported models."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
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
        self.dtypes[name] = np.dtype(value.dtype.as_numpy_dtype if tf.is_tensor(value) else value.dtype).name
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
            "keras": isinstance(variable, keras.Variable),
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
    array = np.array(value.numpy() if hasattr(value, "numpy") else value)
    if array.dtype.kind == "V" or (array.dtype.name not in np.sctypeDict and array.dtype.kind not in "OSU"):
        array = array.astype(np.float32)  # bfloat16 and float8 are no dtypes of NumPy's own
    if array.dtype.kind == "O":
        array = np.array(array.tolist(), dtype=np.bytes_)  # text, as TensorFlow holds it
    return array

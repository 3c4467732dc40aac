"""What a case that was cut out of a script reads from the file beside it."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import CaseError, described
from gradcheck.execution.cut.scopes import variables_of
from gradcheck.execution.cut.store import ABOUT
from gradcheck.execution.keras_internals import track_variable
from gradcheck.targets import npz
from gradcheck.targets.batches import nested


class FrozenValues:
    """The values that a block of a script read, by name.

    Parameters
    ----------
    path
        The npz file that `gradcheck run --save-case` wrote beside the case.

    Raises
    ------
    ArrayFileError
        The file is missing, damaged, or holds something other than arrays.
    CaseError
        It was not written with a case.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        self._arrays = npz.read(path)
        if ABOUT not in self._arrays:
            raise CaseError(f"{path} was not written by gradcheck run --save-case")
        self._about: dict[str, Any] = json.loads(str(self._arrays[ABOUT]))
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Array:
        """Return an array of the script's, as a copy of its own."""
        array = self._array(name)
        return array if array.dtype.kind in "SU" else array.astype(np.dtype(self._about["dtypes"][name]))

    def tensor(self, name: str) -> Any:
        """Return a tensor of the script's."""
        return tf.constant(self._array(name), dtype=self._about["dtypes"][name])

    def variable(self, name: str) -> Any:
        """Return a variable with the value that it had in the script: of Keras's if it was one."""
        about = self._described("variables", name)
        kind: Any = keras.Variable if about["keras"] else tf.Variable
        short = about["path"].rpartition("/")[2]
        value = tf.constant(self._array(name), dtype=about["dtype"])
        made = kind(value, trainable=about["trainable"], dtype=about["dtype"], name=short)
        self._made[name] = made
        return made

    def keras(self, name: str, **custom: Any) -> Any:
        """Return an object of Keras's, made from its configuration, with the weights that it had.

        Parameters
        ----------
        custom
            The classes and functions of one's own that the configuration names.
        """
        about = self._described("objects", name)
        with keras.saving.custom_object_scope(custom):
            made = keras.saving.deserialize_keras_object(about["config"], custom_objects=custom)
        self._give_back(name, made)
        return made

    def instance(self, kind: Any) -> Any:
        """Return an instance of a class without calling its `__init__`; its attributes are set one by one.

        A layer or model of Keras's becomes one that has no layers yet.
        """
        made: Any = kind.__new__(kind)
        for base in (keras.Model, keras.Layer, tf.Module):
            if issubclass(kind, base):
                base.__init__(made)
                break
        return made

    def track(self, layer: Any, variable: Any) -> None:
        """Let a layer have a variable that is none of its attributes, as `add_weight` does."""
        track_variable(layer, variable)

    def restore(self, holder: Any, name: str) -> None:
        """Give a variable, layer or model that a module of the script's made the values that it had."""
        if name in self._about["variables"]:
            holder.assign(tf.constant(self._array(name), dtype=self._about["variables"][name]["dtype"]))
            self._made[name] = holder
        else:
            self._give_back(name, holder)

    def batch(self, seed: int = 0) -> dict[str, Any]:
        """Return what the block was given: for seed 0 of the first gradient, for an odd one of the second."""
        outlines = self._about["batches"]
        batch: dict[str, Any] = nested(outlines[seed % len(outlines)], self._arrays)
        return batch

    def variables(self) -> dict[str, Any]:
        """Return the variables that the script took the gradient for, by their paths there."""
        return {path: self._made[key] for path, key in self._about["sources"].items()}

    def _give_back(self, name: str, made: Any) -> None:
        keys = self._described("objects", name)["variables"]
        variables = variables_of(made)
        shapes = [tuple(each.shape) for each in variables]
        wanted = [self._arrays[key].shape for key in keys]
        if shapes != wanted:
            raise CaseError(
                f"`{name}`, {described(made)}, has variables of the shapes {shapes} when it is made from its "
                f"configuration; in the script they were {wanted}"
            )
        for key, variable in zip(keys, variables, strict=True):
            variable.assign(tf.cast(self._arrays[key], variable.dtype))
            self._made[key] = variable

    def _array(self, name: str) -> Array:
        if name not in self._arrays:
            raise CaseError(f"{self._path} has no array `{name}`, which the case reads")
        return self._arrays[name]

    def _described(self, what: str, name: str) -> Mapping[str, Any]:
        if name not in self._about[what]:
            raise CaseError(f"{self._path} has no `{name}`, which the case reads")
        found: dict[str, Any] = self._about[what][name]
        return found

"""Gradients that another program saved, with the batch and the weights that it computed them with."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import CaseError, described
from gradcheck.targets import batches, npz

_GRADIENTS, _BATCH, _WEIGHTS, _LOSS = "gradients/", "batch/", "weights/", "loss"


@dataclass(frozen=True)
class Saved:
    """What was saved: gradients and weights by the names of variables, the batch as a nest, and the loss."""

    origin: str
    gradients: Mapping[str, Array]
    batch: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Array] = field(default_factory=dict)
    loss: float | None = None


def saved(given: str | os.PathLike[str] | Mapping[str, Any]) -> Saved:
    """Return what `given` holds: an npz file, or a dict of name to array.

    ``weights/NAME`` and ``batch/NAME`` are what the gradients were computed with, and ``loss`` is the loss. All
    others are gradients, called ``NAME`` or ``gradients/NAME``.

    Raises
    ------
    CaseError
        It is neither, it holds no gradients, or one that is no array of floats.
    ArrayFileError
        The file cannot be read.
    """
    if isinstance(given, Mapping):
        return _saved("reference_gradients", {str(name): np.asarray(array) for name, array in given.items()})
    if not isinstance(given, str | os.PathLike):
        raise CaseError(
            f"reference_gradients is {described(given)}; expected the path of an npz file, or a dict of name to "
            "array"
        )
    path = pathlib.Path(given)
    return _saved(str(path), npz.read(path), path)


def _saved(origin: str, arrays: Mapping[str, Array], path: pathlib.Path | None = None) -> Saved:
    batch = {name: array for name, array in arrays.items() if name.startswith(_BATCH)}
    weights = {name.removeprefix(_WEIGHTS): a for name, a in arrays.items() if name.startswith(_WEIGHTS)}
    rest = {name: a for name, a in arrays.items() if not name.startswith((_BATCH, _WEIGHTS))}
    outline = {name: rest.pop(name) for name in list(rest) if batches.is_batch({name: None})}
    loss = rest.pop(_LOSS, None)
    gradients = {name.removeprefix(_GRADIENTS): array for name, array in rest.items()}
    if not gradients:
        raise CaseError(f"{origin} holds no gradients; expected arrays called gradients/NAME, or NAME")
    for name, array in gradients.items():
        if array.dtype.kind not in "fc":
            raise CaseError(f"the gradient `{name}` in {origin} is of dtype {array.dtype}; expected floats")
    nest = batches.as_saved(path, {**outline, **batch}) if outline and path is not None else _nest(batch)
    return Saved(origin, gradients, nest, weights, None if loss is None else _number(origin, loss))


def _number(origin: str, loss: Array) -> float:
    if loss.size != 1:
        raise CaseError(f"`{_LOSS}` in {origin} has the shape {loss.shape}; expected a number")
    return float(loss.reshape(())[()])


def _nest(batch: Mapping[str, Array]) -> dict[str, Any]:
    """Return a batch from its arrays by place: ``batch/x``, ``batch/nets/weights``, ``batch/data/0``."""
    nest: dict[str, Any] = {}
    for place, array in batch.items():
        *outer, last = place.removeprefix(_BATCH).split("/")
        within = nest
        for key in outer:
            within = within.setdefault(key, {})
        within[last] = array
    return {key: _sequences(value) for key, value in nest.items()}


def _sequences(nest: Any) -> Any:
    """Return a nest whose dicts with the keys 0, 1, ... are tuples."""
    if not isinstance(nest, dict):
        return nest
    inner = {key: _sequences(value) for key, value in nest.items()}
    places = [str(place) for place in range(len(inner))]
    return tuple(inner[place] for place in places) if set(inner) == set(places) else inner

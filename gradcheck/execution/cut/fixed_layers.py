"""Layers that make samples depend on chance, or on each other by design, held fixed for a comparison."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from gradcheck.execution.training.hooks import Hook, put_in_place

_LAYERS = keras.layers
_RANDOM = (
    _LAYERS.Dropout,
    _LAYERS.SpatialDropout1D.__base__,
    _LAYERS.AlphaDropout,
    _LAYERS.GaussianDropout,
    _LAYERS.GaussianNoise,
    _LAYERS.BatchNormalization,
)


@contextlib.contextmanager
def as_in_inference() -> Iterator[list[str]]:
    """Let dropout and noise do nothing, and batch normalisation use its moving statistics; yields what was met."""
    met: list[str] = []

    def call(original: Any, layer: Any, inputs: Any, *given: Any, **named: Any) -> Any:
        kind = type(layer).__name__
        if kind not in met:
            met.append(kind)
        named.pop("training", None)
        mask = {"mask": named["mask"]} if "mask" in named else {}
        return original(layer, inputs, training=False, **mask)

    with contextlib.ExitStack() as stack:
        for kind in _RANDOM:
            if "call" in vars(kind):
                stack.callback(put_in_place(Hook(kind, "call"), call))
        yield met

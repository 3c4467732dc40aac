"""The corpus of real losses, as cases: `build` by file name, and the truth about each."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import gradcheck
from support.manifest import ENTRIES, expected, file_of

NAMES = tuple(name for name in ENTRIES if "/" not in name)
MADE = tuple(name for name in ENTRIES if name.startswith("made/"))
"""Losses that were made up after mistakes that people make, without looking at what finds them."""

UNSEEN = tuple(name for name in ENTRIES if name.startswith("unseen/"))
"""Losses from threads that were measured before anybody had looked at what becomes of them."""

EQUIVALENT = tuple(name for name in NAMES if ENTRIES[name].equivalent)
DIFFERENT = tuple(name for name in NAMES if name not in EQUIVALENT)


@dataclass(frozen=True)
class Truth:
    """What is known about a corpus file: see its docstring for the source."""

    equivalent: bool
    cause: str
    line_marker: str | None
    same_forward_value: bool


@cache
def module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"corpus_{name}", file_of(name))
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def truth(name: str) -> Truth:
    return Truth(**expected(file_of(name)))


def case(name: str, seed: int = 0, scale: float | None = None) -> gradcheck.Case:
    """Return a corpus file as a case; with `scale`, both losses are multiplied by it."""
    built = module(name).build(seed)

    def formulation(loss: Any) -> Any:
        if scale is None:
            return lambda **batch: loss(batch)
        return lambda **batch: scale * loss(batch)

    return gradcheck.Case(
        reference=formulation(built["reference"]),
        candidate=formulation(built["candidate"]),
        batch=built["batch"],
        variables=built["variables"],
        name=name,
    )


def train(case: gradcheck.Case, steps: int = 150) -> None:
    """Train by Adam, ever more slowly, until the gradient is nearly zero."""
    variables = [v.value if isinstance(v, keras.Variable) else v for v in case.variables]
    batch = {name: tf.convert_to_tensor(array) for name, array in case.batch.items()}
    mean, spread = [0.0] * len(variables), [0.0] * len(variables)
    for step in range(steps):
        with tf.GradientTape() as tape:
            loss = case.candidate(**batch)
        gradients = tape.gradient(loss, variables)
        for place, gradient in enumerate(gradients):
            g = np.zeros(1, "float32") if gradient is None else tf.convert_to_tensor(gradient).numpy()
            mean[place] = 0.9 * mean[place] + 0.1 * g
            spread[place] = 0.99 * spread[place] + 0.01 * g**2
            pace = 0.1 * 0.96**step
            variables[place].assign(variables[place] - pace * mean[place] / (np.sqrt(spread[place]) + 1e-8))

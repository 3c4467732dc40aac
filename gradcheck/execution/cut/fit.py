"""The training step of Keras's own `fit`, as a compiled model and its batch."""

from __future__ import annotations

import ast
from types import FrameType
from typing import Any

import tensorflow as tf

from gradcheck.execution.cut.block import CutBlock, as_arrays
from gradcheck.execution.cut.cutting import Cutting, NotCutError
from gradcheck.execution.cut.reach import Reach
from gradcheck.execution.cut.scopes import Scope
from gradcheck.execution.cut.store import Store
from gradcheck.execution.cut.values import express
from gradcheck.execution.keras_internals import given_to_step


def cut_fit(frame: FrameType) -> CutBlock:
    """Return the model that a step of `fit` trains, and what it is given.

    Raises
    ------
    NotCutError
        It is one of several replicas, or its data is no plain arrays.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas > 1:
        raise NotCutError(
            f"a step of `fit` on {replicas} replicas: each divides its loss by their number",
            "run the script with one replica",
        )
    batch = batch_of_fit(frame)
    model = given_to_step(frame)["self"]
    scope = Scope(frame.f_code.co_filename, {"model": model}, {"__name__": "keras"})
    node = ast.parse("model.compute_loss(x=x, y=y, sample_weight=sample_weight)")
    cut = Cutting(Reach(node, frozenset({"model"}), scope), Store(), express)
    cut.bind(["model"], scope)
    return CutBlock(None, cut.pieces, cut.store, batch, dict.fromkeys(batch, "tensor"), ())


def batch_of_fit(frame: FrameType) -> dict[str, Any]:
    """Return what a step of `fit` is given: `x`, `y` and `sample_weight`, where it has them."""
    batch: dict[str, Any] = {}
    given = given_to_step(frame)
    for name in ("x", "y", "sample_weight"):
        value = given.get(name)
        if value is not None:
            array = as_arrays(value)
            if array is None:
                raise NotCutError(f"`{name}` of `fit` is not an array or a nest of arrays", "pass arrays")
            batch[name] = array
    return batch

"""Losses of a compiled Keras model that a trainer may take by mistake: they say what a wrong gradient is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gradcheck.execution.run.keras_models import as_function

Loss = Callable[..., Any]


def unweighted(model: Any) -> Loss:
    """Return the loss without sample weights."""
    loss = as_function(model)
    return lambda x, y=None, sample_weight=None: loss(x, y)


def without_own_losses(loss: Any, model: Any = None) -> Loss:
    """Return a loss without what layers add to it: regularisers, `add_loss`. A model stands for its loss."""
    model, of_batch = (loss, as_function(loss)) if model is None else (model, loss)

    def rest(**batch: Any) -> Any:
        whole = of_batch(**batch)
        own = [tf.cast(tf.reduce_sum(one), whole.dtype) for one in model.losses]
        return whole - tf.add_n(own) if own else whole

    return rest


def at_inference(model: Any) -> Loss:
    """Return the loss of what the model predicts outside of training."""

    def loss(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
        predicted = model(x, training=False)
        return model.compute_loss(x=x, y=y, y_pred=predicted, sample_weight=sample_weight)

    return loss

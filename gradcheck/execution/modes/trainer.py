"""The gradient that Keras's own trainer applies, seen from the step that SGD makes of it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import CaseError, user_code
from gradcheck.execution.keras_internals import layers_within
from gradcheck.execution.modes.subject import Subject, Taken
from gradcheck.judgement.clipping import Clipping
from gradcheck.judgement.differences import norm
from gradcheck.judgement.modes import ROUNDING_UNIT


def is_keras_model(subject: Subject) -> bool:
    """Return whether the formulation is a compiled model of Keras 3."""
    return isinstance(subject.case.candidate, keras.Model)


def has_own_train_step(model: Any) -> bool:
    """Return whether the class of a model overrides `train_step`."""
    return bool(type(model).train_step is not keras.Model.train_step)


def has_own_losses(subject: Subject) -> bool:
    """Return whether the formulation is a Keras model whose layers add to its loss, such as by regularisers."""
    return is_keras_model(subject) and bool(_model(subject).losses)


def clipping_of(subject: Subject) -> Clipping:
    """Return how the optimizer that the model was compiled with clips gradients."""
    own = _own_optimizer(subject)
    return Clipping(
        **{name: getattr(own, name, None) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
    )


def changes_gradients(subject: Subject) -> bool:
    """Return whether that optimizer applies gradients in a way of its own, which SGD in its place does not."""
    own = type(_own_optimizer(subject))
    return any(getattr(own, name) is not getattr(keras.optimizers.Optimizer, name) for name in _APPLYING)


_APPLYING = ("apply", "apply_gradients")


def _own_optimizer(subject: Subject) -> Any:
    optimizer = _model(subject).optimizer
    scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return optimizer.inner_optimizer if scaled else optimizer


def accumulation_steps(model: Any) -> int | None:
    """Return after how many batches the optimizer of a model makes a step, where it accumulates gradients."""
    steps: int | None = getattr(model.optimizer, "gradient_accumulation_steps", None)
    return steps


def fitted(
    subject: Subject,
    rate: float,
    batch: Any = None,
    *,
    batch_size: int | None = None,
    steps: int | None = None,
    lead: Any = None,
) -> Taken:
    """Let `fit` make one step of SGD, and return the gradient that it applied.

    Parameters
    ----------
    rate
        The learning rate, a power of two, see `rate_for`.
    batch_size
        How many samples `fit` takes at a time; all, where left out.
    steps
        How many such batches the optimizer accumulates.
    lead
        A larger batch that comes before, with a learning rate of zero.
    """
    model, arrays = _model(subject), _numbers(subject.batch() if batch is None else batch)
    size = batch_size or _length(arrays)
    schedule: Any = rate
    if lead is not None:
        size = _length(lead)
        arrays = tf.nest.map_structure(lambda *both: np.concatenate(both), _numbers(lead), arrays)
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.0, rate])

    def one_epoch() -> None:
        model.fit(**arrays, batch_size=size, epochs=1, shuffle=False, verbose=0)

    batches = math.ceil(_length(arrays) / size)
    return _applied(subject, _sgd(subject, schedule, steps), rate, one_epoch, batches // (steps or 1))


def trained_on_batch(subject: Subject, rate: float) -> Taken:
    """Call the model's `train_step` once, op by op, and return the gradient that it applied."""
    model, arrays = _model(subject), subject.batch()
    data = keras.utils.pack_x_y_sample_weight(*(arrays.get(name) for name in ("x", "y", "sample_weight")))
    return _applied(subject, _sgd(subject, rate), rate, lambda: model.train_step(data))


def trained_on_shares(subject: Subject, rate: float, strategy: Any, share: Any) -> Taken:
    """Call the model's `train_step` by `strategy.run`, each worker with its share of the batch."""
    model = _model(subject)
    data = keras.utils.pack_x_y_sample_weight(*(share.get(name) for name in ("x", "y", "sample_weight")))

    @tf.function  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def step(data: Any) -> Any:
        return strategy.run(model.train_step, args=(data,))

    return _applied(subject, _sgd(subject, rate), rate, lambda: step(data))


def _sgd(subject: Subject, rate: Any, steps: int | None = None) -> Any:
    clipping = asdict(clipping_of(subject))
    with _model(subject).distribute_strategy.scope():  # its steps are counted once, and not by each replica
        return keras.optimizers.SGD(rate, gradient_accumulation_steps=steps, **clipping)


def rate_for(weights: Sequence[Array], gradients: Sequence[Array | None]) -> float:
    """Return a learning rate with which a step is larger than the weights: these then hide no digit of it.

    A power of two, so that multiplying by it rounds nothing.
    """
    weight = math.hypot(*(norm(one) for one in weights))
    gradient = math.hypot(*(norm(one) for one in gradients if one is not None))
    if not (weight > 0 and gradient > 0 and math.isfinite(gradient)):
        return 1.0
    return 2.0 ** min(max(math.ceil(math.log2(64 * weight / gradient)), -40), 40)


def rounding_of_a_step(weights: Sequence[Array], rate: float) -> list[float]:
    """Return for each variable what the rounding of its weights adds to the gradient that a step shows."""
    return [ROUNDING_UNIT["float32"] * norm(weight) / rate for weight in weights]


def weights_of(subject: Subject) -> list[Array]:
    """Return the weights of the subject."""
    return [np.asarray(variable.numpy()) for variable in subject.variables]


def normalising_layers(subject: Subject) -> list[str]:
    """Return the names of layers that normalise over the batch, of the models that the case names."""
    models = [one for one in (subject.case.candidate, subject.case.variables) if isinstance(one, keras.Layer)]
    layers = {id(layer): layer for model in models for layer in layers_within(model)}
    return [one.name for one in layers.values() if isinstance(one, keras.layers.BatchNormalization)]


def _model(subject: Subject) -> Any:
    return subject.case.candidate


def _numbers(batch: Any) -> dict[str, Any]:
    arrays: dict[str, Any] = tf.nest.map_structure(lambda tensor: tensor.numpy(), batch)
    return arrays


def _length(arrays: Any) -> int:
    return len(tf.nest.flatten(arrays)[0])


def _applied(subject: Subject, sgd: Any, rate: float, train: Callable[[], Any], steps: int = 1) -> Taken:
    model = _model(subject)
    with subject.at_rest(), _trained_by(model, sgd), _unconstrained(model), _kept(model):
        before = [weight.astype(np.float64) for weight in weights_of(subject)]
        with user_code("training one step with Keras raised:"):
            train()
        _check_steps(model, sgd, steps)
        after = [weight.astype(np.float64) for weight in weights_of(subject)]
    return Taken(math.nan, [(b - a) / rate for b, a in zip(before, after, strict=True)])


def _check_steps(model: Any, sgd: Any, expected: int) -> None:
    """Raise a `CaseError` where the optimizer made another number of steps: then the weights show no gradient."""
    made = int(sgd.iterations.numpy())
    # A step in which something is not finite is left out under a loss scale, and not counted.
    if made == expected or isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer):
        return
    if made == 0:
        raise CaseError(
            "its train_step does not apply gradients with the optimizer that the model was compiled with, so they "
            "cannot be seen"
        )
    raise CaseError(
        f"its train_step makes the optimizer step {made} times, and not {expected}: what that does to the weights "
        "is not one gradient"
    )


@contextlib.contextmanager
def _trained_by(model: Any, sgd: Any) -> Iterator[None]:
    own = model.optimizer
    scaled = isinstance(own, keras.optimizers.LossScaleOptimizer)
    model.optimizer = keras.optimizers.LossScaleOptimizer(sgd) if scaled else sgd
    model.train_function = None
    try:
        yield
    finally:
        model.optimizer = own
        model.train_function = None


@contextlib.contextmanager
def _unconstrained(model: Any) -> Iterator[None]:
    """Take constraints away: they change weights after the step, which then does not show the gradient."""
    constraints = [(variable, variable.constraint) for variable in model.trainable_variables]
    for variable, _ in constraints:
        variable.constraint = None
    try:
        yield
    finally:
        for variable, constraint in constraints:
            variable.constraint = constraint


@contextlib.contextmanager
def _kept(model: Any) -> Iterator[None]:
    values = [(variable, variable.numpy()) for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in values:
            variable.assign(value)

"""What is run in every mode: one formulation with its variables and its batch; ways to take its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.errors import CaseError, user_code
from gradcheck.execution.modes.dtype_policy import policy
from gradcheck.execution.modes.steady_draws import steady_draws
from gradcheck.execution.ops.dense_gradients import dense
from gradcheck.execution.record.eagerly import alone, compiled, exclusively
from gradcheck.execution.run.batch_of_samples import with_rows
from gradcheck.execution.run.captured import Captured, capturing
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.keras_models import as_function
from gradcheck.execution.run.prepare import Prepared
from gradcheck.execution.run.returned import Told
from gradcheck.execution.run.surrogate import surrogate
from gradcheck.program.run import Form
from gradcheck.targets.batches import leaves, replace_leaves

Batch = Mapping[str, Any]
Loss = Callable[..., Any]


@dataclass(frozen=True)
class Subject:
    """A formulation that is run in several ways.

    Parameters
    ----------
    case
        With the formulation as its candidate, and no reference.
    form
        What it gives.
    steady
        Whether it draws random numbers, and so is given the same ones in every mode.
    policy
        The dtype policy that is in force while it runs; None for that of the process.
    """

    case: Case
    prepared: Prepared
    seed: int
    form: Form = "loss"
    steady: bool = False
    policy: str | None = None

    @property
    def samples(self) -> int:
        """The number of samples; 0 where the batch has no sample axis that is known."""
        return self.prepared.samples

    @property
    def variables(self) -> list[Any]:
        """The variables, in the order of the case."""
        return list(self.prepared.variables.values())

    @property
    def loss(self) -> Loss:
        """The formulation as a function of the batch."""
        return as_function(self.case.candidate)

    def batch(self) -> dict[str, Any]:
        """Return the batch, in containers of its own."""
        made: dict[str, Any] = tf.nest.map_structure(lambda tensor: tensor, dict(self.prepared.batch))
        return made

    def rows(self, rows: Sequence[int] | Array) -> dict[str, Any]:
        """Return the batch with these samples."""
        return with_rows(self.prepared.batch, self.prepared.sample_axis(), np.asarray(rows))

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Start everything from where it stood, give the same draws, and put all back on leaving."""
        with (
            frozen(self.seed, [self.case.candidate]) as world,
            steady_draws(self.steady),
            policy(self.policy),
        ):
            world.start()
            self.prepared.with_weights("candidate")
            yield

    def scalar(self, returned: Any) -> Any:
        """Return the loss out of what the formulation returned; also of a tensor that has no value yet."""
        if self.form == "gradients":
            given = (
                returned
                if isinstance(returned, Mapping)
                else dict(zip(self.prepared.variables, returned, strict=True))
            )
            return surrogate(given, self.prepared.variables)
        if isinstance(returned, Mapping) and self.case.loss is not None:
            returned = returned[self.case.loss]
        return tf.reduce_sum(tf.convert_to_tensor(returned))


@dataclass(frozen=True)
class Taken:
    """The gradient that was taken in some way.

    Parameters
    ----------
    value
        The loss.
    gradients
        One per variable, in the order of the case; None where the loss does not depend on it.
    before
        What the formulation's own tape gave before it made something else of it; None where it has none.
    """

    value: float
    gradients: list[Array | None]
    before: list[Array | None] | None = field(default=None, compare=False)


def eagerly(
    subject: Subject, batch: Batch | None = None, loss: Loss | None = None, scale: float = 1.0
) -> Taken:
    """Take the gradient op by op.

    Parameters
    ----------
    loss
        Called in place of the formulation.
    scale
        What the backward pass starts from: a loss scale. It stays in the gradients.
    """
    with subject.at_rest(), exclusively():
        return _under_a_tape(subject, subject.batch() if batch is None else batch, loss, scale)


def eagerly_once_more(subject: Subject) -> Taken:
    """Take the gradient op by op a second time, from whatever state the first time has left."""
    with subject.at_rest(), exclusively():
        _under_a_tape(subject, subject.batch(), None, 1.0)
        return _under_a_tape(subject, subject.batch(), None, 1.0)


def as_the_user_compiled_it(subject: Subject) -> Taken:
    """Take the gradient with each `tf.function` of the user's run as the graph that it was traced to."""
    with subject.at_rest(), compiled():
        return _under_a_tape(subject, subject.batch(), None, 1.0)


def eagerly_except(subject: Subject, function: Any, *, anew: bool) -> Taken:
    """Take the gradient op by op, but for one `tf.function`: as it was traced, or `anew` as it is now."""
    with subject.at_rest(), alone(function, anew=anew):
        return _under_a_tape(subject, subject.batch(), None, 1.0)


def _under_a_tape(subject: Subject, batch: Batch, loss: Loss | None, scale: float) -> Taken:
    variables = subject.variables
    told = Told("the formulation", subject.prepared.variables, subject.case.loss, before=-1)
    with tf.GradientTape() as tape, user_code("the formulation raised:"):
        with capturing(variables) as captured:
            returned = (loss or subject.loss)(**batch)
        given = told.given(returned, captured)
        scalar = given.loss if given.gradients is None else surrogate(given.gradients, told.variables)
    gradients = tape.gradient(
        scalar, variables, output_gradients=tf.cast(tf.fill(tf.shape(scalar), scale), scalar.dtype)
    )
    before = _before(captured, variables)
    return Taken(float(tf.reduce_sum(tf.cast(scalar, tf.float64))), _dense(gradients), before)


def _before(captured: Captured, variables: Sequence[Any]) -> list[Array | None] | None:
    """Return what the formulation's own tape gave for the variables, where it was asked once for them."""
    asked = [
        one for one in captured.asked if {id(v) for v in variables} <= {id(source) for source in one.sources}
    ]
    if len(asked) != 1:
        return None
    found = {id(s): g for s, g in zip(asked[0].sources, asked[0].gradients, strict=True)}
    return _dense([found[id(variable)] for variable in variables])


def as_graph(subject: Subject, *, xla: bool = False, any_size: bool = False) -> Taken:
    """Take the gradient within one `tf.function`.

    Parameters
    ----------
    xla
        Whether XLA compiles it.
    any_size
        Whether it is traced for a batch of any number of samples.

    Raises
    ------
    CaseError
        It is a training step, whose optimizer cannot be kept from applying gradients within a graph.
    """
    if subject.form == "step":
        raise CaseError("it is a training step, whose optimizer would apply gradients within the graph")
    batch = subject.batch()
    signature = [specs_of_any_size(subject, batch)] if any_size else None
    variables = subject.variables

    def step(batch: Batch) -> Any:
        with tf.GradientTape() as tape:
            loss = subject.scalar(subject.loss(**batch))
        return loss, tape.gradient(loss, variables)

    with subject.at_rest(), compiled(), user_code("as a graph, it raised:"):
        value, gradients = tf.function(step, jit_compile=xla or None, input_signature=signature)(batch)
    return Taken(float(tf.cast(value, tf.float64)), _dense(gradients))


def specs_of_any_size(subject: Subject, batch: Batch) -> Any:
    """Return the specs of a batch with any number of samples."""
    places = subject.prepared.sample_axis().places
    return replace_leaves(
        batch,
        {
            place: tf.TensorSpec([None, *tensor.shape[1:]] if place in places else tensor.shape, tensor.dtype)
            for place, tensor in leaves(batch)
        },
    )


def recomputed(subject: Subject) -> Taken:
    """Take the gradient with the forward pass run again in the backward pass, by `tf.recompute_grad`."""
    again = tf.recompute_grad(lambda batch: subject.scalar(subject.loss(**batch)))
    with subject.at_rest(), exclusively(), user_code("run again in the backward pass, it raised:"):
        with tf.GradientTape() as tape:
            loss = again(subject.batch())
        return Taken(float(loss), _dense(tape.gradient(loss, subject.variables)))


def _dense(gradients: Sequence[Any]) -> list[Array | None]:
    return [None if gradient is None else dense(gradient) for gradient in gradients]


def drawing_anew(subject: Subject) -> Subject:
    """Return the subject with random numbers as they come."""
    return replace(subject, steady=False)

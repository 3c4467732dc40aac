"""Run one formulation under the recorder and a tape, and check what it returned."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array, Tensor
from gradcheck.cases import Formulation
from gradcheck.errors import UserCodeError, user_code
from gradcheck.execution.method_internals import owner_of
from gradcheck.execution.ops.dense_gradients import dense, dense_gradients
from gradcheck.execution.record.eagerly import exclusively
from gradcheck.execution.record.recorder import Recorder
from gradcheck.execution.run.as_taken import AsTaken
from gradcheck.execution.run.captured import Captured, capturing
from gradcheck.execution.run.keras_models import as_function, is_model
from gradcheck.execution.run.precision_hint import hint_at_precision
from gradcheck.execution.run.prepare import Prepared
from gradcheck.execution.run.returned import Given, Told
from gradcheck.execution.run.rows_drawn import for_samples
from gradcheck.execution.run.saved_gradients import SavedGradients
from gradcheck.execution.run.surrogate import surrogate
from gradcheck.execution.tensorflow_internals import tensor_id
from gradcheck.judgement.differences import distance, norm
from gradcheck.program.run import Form, Run
from gradcheck.source import shown_path


def run(
    side: str,
    formulation: Formulation,
    prepared: Prepared,
    watch: Callable[[str, Recorder], None] | None = None,
    *,
    forward: bool = False,
    with_places: bool = True,
) -> Run:
    """Run `formulation` once.

    Parameters
    ----------
    side
        ``reference`` or ``candidate``, for messages.
    watch
        Called with the side and the recorder before the run, to show how far it has come.
    forward
        Whether the loss is enough: then it is not differentiated, and no gradients are returned. What gives
        gradients itself gives them all the same.
    with_places
        Whether it is to be known of each op where it is called.

    Raises
    ------
    UserCodeError
        The formulation raised, or a gradient of its own making did.
    CaseError
        It returned something that cannot be differentiated.
    """
    recorder = Recorder(with_places=with_places)
    if watch is not None:
        watch(side, recorder)
    who = f"the {side} ({_definition(formulation)})"
    variables = prepared.with_weights(side)
    start = {path: variable.read_value() for path, variable in variables.items()}
    marker = tensor_id(tf.constant(0.0))
    told = Told(who, variables, prepared.loss, marker, as_taken=isinstance(formulation, AsTaken))
    with tf.GradientTape(persistent=True) as tape:
        returned, captured = _called(formulation, prepared, told, recorder)
    given = told.given(returned, captured)
    with user_code(f"differentiating {who} raised:"):
        is_enough = forward and given.gradients is None
        with recorder.differentiating():
            gradients = [] if is_enough else _differentiated(tape, given, variables)
        direct = gradients is not None
        loss: Tensor = given.loss
        if gradients is None:
            with tape, recorder.recording():
                loss = surrogate(given.gradients or {}, variables)
            gradients = dense_gradients(tape, loss, list(variables.values()))
    return Run(
        side=side,
        value=_value(loss),
        recording=recorder.finish(loss, variables, tape),
        gradients=gradients,
        start=start,
        functions=recorder.functions,
        form=_form(formulation, given),
        direct=direct,
        known=_known(formulation, loss if direct else given.differentiated),
        broken_by_hand=recorder.broken_by_hand,
    )


def _called(
    formulation: Formulation, prepared: Prepared, told: Told, recorder: Recorder
) -> tuple[Any, Captured]:
    """Call `formulation` under the recorder; return what it returns, and which gradients its tapes gave."""
    batch = tf.nest.map_structure(lambda tensor: tensor, dict(prepared.batch))
    function = as_function(formulation)
    try:
        with (
            user_code(f"{told.who} raised:"),
            recorder.recording(),
            capturing(told.variables.values()) as captured,
            for_samples(),
        ):
            returned = function(**batch)
    except UserCodeError as error:
        hint = hint_at_precision(error.error, prepared) or _hint_at_owner(formulation) or error.hint
        raise type(error)(error.what, error.error, hint) from error.error
    return returned, captured


def _hint_at_owner(formulation: Formulation) -> str:
    """Return what may be wrong with a method made by `tf.function` whose object is gone; "" where it is not."""
    if owner_of(formulation) != (None,):
        return ""
    return (
        "it is a method made by tf.function whose object is gone: TensorFlow does not keep the object of a method "
        "alive. Keep it, by a function that holds it, such as `lambda x: agent.loss(x)`, in place of `agent.loss`"
    )


def given_with(
    formulation: Formulation, prepared: Prepared, gradients: Mapping[str, Array | None]
) -> dict[str, Array | None] | None:
    """Return the gradients that the candidate gives where its tape gives `gradients` in place of its own.

    By path; None where it gives a loss. It is run within `frozen`.

    Raises
    ------
    UserCodeError
        It raised.
    """
    variables = prepared.with_weights("candidate")
    instead = {
        id(variables[path]): None if one is None else tf.constant(one) for path, one in gradients.items()
    }
    batch = tf.nest.map_structure(lambda tensor: tensor, dict(prepared.batch))
    told = Told("the candidate", variables, prepared.loss, before=-1)
    said = "the candidate raised with other gradients than its own:"
    with user_code(said), exclusively(), capturing(variables.values(), instead) as captured:
        returned = as_function(formulation)(**batch)
    given = told.given(returned, captured).gradients
    return None if given is None else {p: None if g is None else dense(g) for p, g in given.items()}


def loss_of(formulation: Formulation, batch: Mapping[str, Any], told: Told) -> Any:
    """Call `formulation` within somebody else's tape, and return a scalar that has its gradients."""
    with capturing(told.variables.values()) as captured:
        returned = as_function(formulation)(**batch)
    given = told.given(returned, captured)
    return given.loss if given.gradients is None else surrogate(given.gradients, told.variables)


def _differentiated(tape: Any, given: Given, variables: Mapping[str, Any]) -> list[Array | None] | None:
    """Return the gradients of the loss that was given; None where they are not those that were given themselves.

    The formulation's own tape may have seen less than ours, or been stopped.
    """
    if given.loss is None:
        return None
    found = dense_gradients(tape, given.loss, list(variables.values()))
    if given.gradients is None:
        return found
    own = (None if gradient is None else dense(gradient) for gradient in given.gradients.values())
    return found if all(_same(*pair) for pair in zip(found, own, strict=True)) else None


_SAME = 1e-5
"""How far two tapes are apart at most, relative to the gradient: they may add up in another order."""


def _same(one: Array | None, other: Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True) or distance(one, other) <= _SAME * norm(one)


def _value(loss: Any) -> float:
    return float(tf.reduce_sum(tf.cast(loss, tf.float64)))


def _form(formulation: Formulation, given: Given) -> Form:
    if isinstance(formulation, SavedGradients):
        return "saved"
    return "model" if given.form == "loss" and is_model(formulation) else given.form


def _known(formulation: Formulation, loss: Any) -> tuple[float, int | None] | None:
    if isinstance(formulation, SavedGradients):
        return None if formulation.loss is None else (formulation.loss, None)
    return None if loss is None else (_value(loss), tensor_id(loss))


def _definition(formulation: Formulation) -> str:
    function = getattr(formulation, "python_function", formulation)
    with contextlib.suppress(ValueError):  # what says that it wraps itself
        function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return type(formulation).__name__
    return f"{shown_path(code.co_filename)}:{code.co_firstlineno}"

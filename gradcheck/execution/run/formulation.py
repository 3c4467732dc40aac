"""Run one formulation under the recorder and a tape, and check what it returned."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.cases import Formulation
from gradcheck.errors import CaseError, UserCodeError, described, unawaited, user_code
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.record.recorder import Recorder
from gradcheck.execution.run.precision_hint import hint_at_precision
from gradcheck.execution.run.prepare import Prepared
from gradcheck.execution.tensorflow_internals import tensor_id
from gradcheck.program.run import Run
from gradcheck.source import shown_path


def run(
    side: str,
    formulation: Formulation,
    prepared: Prepared,
    watch: Callable[[str, Recorder], None] | None = None,
) -> Run:
    """Run `formulation` once.

    Parameters
    ----------
    side
        ``reference`` or ``candidate``, for messages.
    watch
        Called with the side and the recorder before the run, to show how far it has come.

    Raises
    ------
    UserCodeError
        The formulation raised, or a gradient of its own making did.
    CaseError
        It returned something that cannot be differentiated.
    """
    recorder = Recorder()
    if watch is not None:
        watch(side, recorder)
    who = f"the {side} ({_definition(formulation)})"
    batch = tf.nest.map_structure(lambda tensor: tensor, dict(prepared.batch))
    start = {path: variable.read_value() for path, variable in prepared.variables.items()}
    before = tensor_id(tf.constant(0.0))
    with tf.GradientTape(persistent=True) as tape:
        try:
            with user_code(f"{who} raised:"), recorder.recording():
                loss = formulation(**batch)
        except UserCodeError as error:
            hint = hint_at_precision(error.error, prepared) or error.hint
            raise type(error)(error.what, error.error, hint) from error.error
        loss = _checked_loss(who, loss, before)
    with user_code(f"differentiating {who} raised:"):
        gradients = dense_gradients(tape, loss, list(prepared.variables.values()))
    value = float(tf.reduce_sum(tf.cast(loss, tf.float64)))
    recording = recorder.finish(loss, prepared.variables, tape)
    return Run(side, value, recording, gradients, start, recorder.functions)


def _checked_loss(who: str, loss: Any, before: int) -> Tensor:
    if loss is None:
        raise CaseError(f"{who} returned None: does it end in `return`?")
    if not isinstance(loss, tf.Tensor) or not hasattr(loss, "numpy"):
        raise CaseError(
            f"{who} returned {described(loss)}; expected a scalar tf.Tensor"
            f"{unawaited(loss) or ': a value that has left TensorFlow has no gradient'}"
        )
    if not loss.dtype.is_floating:
        raise CaseError(
            f"{who} returned a tensor of dtype {loss.dtype.name}; expected a floating-point dtype"
        )
    if tensor_id(loss) <= before:
        raise CaseError(
            f"{who} returned a tensor that was computed before the call: compute the loss inside, where "
            "the tape sees it"
        )
    checked: Tensor = loss
    return checked


def _definition(formulation: Formulation) -> str:
    function = getattr(formulation, "python_function", formulation)
    with contextlib.suppress(ValueError):  # what says that it wraps itself
        function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return type(formulation).__name__
    return f"{shown_path(code.co_filename)}:{code.co_firstlineno}"

"""Run a formulation once and keep every op.

The hook is TensorFlow's own (`tf.debugging.enable_check_numerics` stands on it), but private:
`tensorflow.python.framework.op_callbacks`. It is used in this file only.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FrameType
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_callbacks
from tensorflow.python.ops import custom_gradient

from gradcheck.execution.reads import variable_reads
from gradcheck.recording import Op, Recording, TensorInfo
from gradcheck.source import Site, is_user_file

Event = tuple[str | bytes, tuple[Any, ...], tuple[Any, ...], tuple[Any, ...], CodeType | None, int]


class Recorder:
    """The ops seen so far, as TensorFlow handed them over. `len` of it is how many."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._custom_gradients: list[Site] = []

    def __len__(self) -> int:
        return len(self._events)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Keep every op that runs inside. Functions made by `tf.function` run eagerly meanwhile.

        Run eagerly, a function shows its ops one by one, with the lines that asked for them; called as
        a graph it would be a single op.
        """
        boundary = sys._getframe(2)
        callback = _callback(self._events, boundary)
        ran_eagerly = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(True)
        op_callbacks.add_op_callback(callback)
        try:
            with self._noting_custom_gradients(boundary):
                yield
        finally:
            op_callbacks.remove_op_callback(callback)
            tf.config.run_functions_eagerly(ran_eagerly)

    @contextlib.contextmanager
    def _noting_custom_gradients(self, boundary: FrameType) -> Iterator[None]:
        original = custom_gradient._eager_mode_decorator

        def noting(function: Any, args: Any, kwargs: Any) -> Any:
            code, instruction = _user_place(sys._getframe(1), boundary)
            if code is not None:
                self._custom_gradients.append(Site(code, instruction))
            return original(function, args, kwargs)

        custom_gradient._eager_mode_decorator = noting
        try:
            yield
        finally:
            custom_gradient._eager_mode_decorator = original

    def finish(self, loss: Any, variables: Mapping[str, Any], tape: Any) -> Recording:
        """Return what was recorded.

        Parameters
        ----------
        loss
            The tensor that the formulation returned.
        variables
            Path to `tf.Variable`: those whose reads are wanted.
        tape
            The persistent tape that the formulation ran under.
        """
        tensors: dict[int, TensorInfo] = {}
        values: dict[int, Any] = {}

        def numbers(found: Any) -> tuple[int, ...]:
            for tensor in found:
                if tensor._id not in values:
                    values[tensor._id] = tensor
                    tensors[tensor._id] = TensorInfo(tuple(tensor.shape.as_list()), tensor.dtype.name)
            return tuple([tensor._id for tensor in found])

        ops = [
            Op(
                index=index,
                type=kind.decode() if isinstance(kind, bytes) else kind,
                inputs=numbers(inputs),
                outputs=numbers(outputs),
                attributes=dict(zip(attributes[::2], attributes[1::2], strict=True)),
                site=None if code is None else Site(code, instruction),
            )
            for index, (kind, inputs, attributes, outputs, code, instruction) in enumerate(self._events)
        ]
        number = numbers([loss])[0]
        reads = variable_reads(ops, values, variables, tape)
        return Recording(tuple(ops), tensors, values, number, reads, tuple(self._custom_gradients))


def _callback(events: list[Event], boundary: FrameType) -> Any:
    """Return the function that TensorFlow calls after every op. It runs once per op: keep it short."""
    append = events.append

    def keep(  # noqa: PLR0917 - the signature is TensorFlow's
        op_type: str | bytes,
        inputs: tuple[Any, ...],
        attributes: tuple[Any, ...],
        outputs: Any,
        op_name: str | None = None,
        graph: Any = None,
    ) -> None:
        if graph is not None:  # a function is being traced: nothing has run
            return
        # The list of outputs is the caller's own: a TensorArray empties it element by element.
        kept = tuple(outputs or ())
        append((op_type, inputs, attributes, kept, *_user_place(sys._getframe(1), boundary)))

    return keep


def _user_place(frame: FrameType | None, boundary: FrameType) -> tuple[CodeType | None, int]:
    """Return the innermost place in the user's code, from `frame` outwards up to `boundary`."""
    outermost = frame
    while frame is not None and frame is not boundary:
        if is_user_file(frame.f_code.co_filename):
            return frame.f_code, frame.f_lasti
        outermost, frame = frame, frame.f_back
    # A formulation that is itself installed code: the nearest thing to the user's line is its own.
    return (None, 0) if outermost is None else (outermost.f_code, outermost.f_lasti)

"""Run a formulation once and keep every op.

The hook is TensorFlow's own (`tf.debugging.enable_check_numerics` stands on it), but private:
`tensorflow.python.framework.op_callbacks`. It is used in this file only.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_callbacks

from gradcheck.recording import Op, Recording, TensorInfo
from gradcheck.source import Site, is_user_file

Event = tuple[str | bytes, tuple[Any, ...], tuple[Any, ...], Any, CodeType | None, int]


class Recorder:
    """The ops seen so far, as TensorFlow handed them over. `len` of it is how many."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def __len__(self) -> int:
        return len(self._events)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Keep every op that runs inside. Functions made by `tf.function` run eagerly meanwhile.

        Run eagerly, a function shows its ops one by one, with the lines that asked for them; called as
        a graph it would be a single op.
        """
        callback = _callback(self._events, boundary=sys._getframe(2))
        ran_eagerly = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(True)
        op_callbacks.add_op_callback(callback)
        try:
            yield
        finally:
            op_callbacks.remove_op_callback(callback)
            tf.config.run_functions_eagerly(ran_eagerly)

    def finish(self, loss: Any) -> Recording:
        """Return what was recorded, `loss` being the tensor that the formulation returned."""
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
                outputs=numbers(outputs or ()),
                attributes=dict(zip(attributes[::2], attributes[1::2], strict=True)),
                site=None if code is None else Site(code, instruction),
            )
            for index, (kind, inputs, attributes, outputs, code, instruction) in enumerate(self._events)
        ]
        return Recording(tuple(ops), tensors, values, numbers([loss])[0])


def _callback(events: list[Event], boundary: FrameType) -> Any:
    """Return the function that TensorFlow calls after every op. It runs once per op: keep it short."""
    append, user_file = events.append, is_user_file

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
        frame: FrameType | None = sys._getframe(1)
        outermost = frame
        while frame is not None and frame is not boundary:
            if user_file(frame.f_code.co_filename):
                append((op_type, inputs, attributes, outputs, frame.f_code, frame.f_lasti))
                return
            outermost, frame = frame, frame.f_back
        # A formulation that is itself installed code: the nearest thing to the user's line is its own.
        code, instruction = (outermost.f_code, outermost.f_lasti) if outermost else (None, 0)
        append((op_type, inputs, attributes, outputs, code, instruction))

    return keep

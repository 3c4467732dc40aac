"""Run a function once and record the shapes of its tensors, without keeping any tensor alive.

It uses the same hook as the recorder, which keeps every tensor for a replay.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, NamedTuple

import tensorflow as tf

from gradcheck.arrays import Array, Tensor
from gradcheck.execution.keras_internals import LAYER_BUILD, LAYER_CALL, layer_called
from gradcheck.execution.record.comprehensions import Comprehensions
from gradcheck.execution.record.eagerly import exclusively
from gradcheck.execution.record.layer_results import several_results_told
from gradcheck.execution.record.op_hook import op_hook
from gradcheck.execution.tensorflow_internals import (
    FUNCTION_CALLED,
    dtype_number,
    known_shape,
    tensor_id,
)
from gradcheck.program.recording import TensorInfo
from gradcheck.program.trace import CallChain, Step, Trace
from gradcheck.source import Site, is_user_file


class Tracer:
    """The steps seen so far. `len` of it is how many.

    Parameters
    ----------
    keep
        How many elements of floating results to keep; once there are more, none are kept at all.
    """

    def __init__(self, keep: int = 0) -> None:
        self._room = keep
        self._kept: dict[int, Tensor] = {}
        # Plain tuples with the fields of a `Step`, which takes longer to make than an op may; numbers stand
        # for paths, since the garbage collector goes again and again through tuples that hold objects.
        self._steps: list[tuple[Any, ...]] = []
        self._paths: list[CallChain] = []
        self._tensors: dict[int, TensorInfo] = {}
        self._kinds: dict[tuple[Any, ...], TensorInfo] = {}
        self._returned: list[tuple[int, ...]] = []

    def __len__(self) -> int:
        return len(self._steps)

    @contextlib.contextmanager
    def tracing(self) -> Iterator[None]:
        """Keep every op that runs inside. Functions made by `tf.function` run eagerly meanwhile."""
        places = _CallPaths(sys._getframe(2), self._paths)
        with (
            exclusively(),
            places.comprehensions.watched(),
            op_hook(self._callback(places)),
            several_results_told(lambda tensors: self._returned.append(tuple(map(tensor_id, tensors)))),
        ):
            yield

    def _callback(self, places: _CallPaths) -> Callable[..., None]:
        """Return the function that TensorFlow calls after every op. It runs once per op: keep it short."""
        append, known, learn = self._steps.append, self._tensors, self._learn

        def keep(  # noqa: PLR0917 - the signature is TensorFlow's
            op_type: str | bytes,
            inputs: tuple[Tensor, ...],
            attributes: tuple[Any, ...],
            outputs: Any,
            op_name: str | None = None,
            graph: Any = None,
        ) -> None:
            if graph is not None:  # a function is being traced: nothing has run
                return
            place, calls, layers, building = places.of(sys._getframe(1))
            if building:
                return
            outputs = outputs or ()
            for tensor in inputs:
                if tensor_id(tensor) not in known:
                    learn(tensor)
            for tensor in outputs:
                learn(tensor)
            read, made = [tuple(map(tensor_id, found)) for found in (inputs, outputs)]
            if self._room > 0:
                self._keep_values(outputs)
            if attributes and attributes[0] == FUNCTION_CALLED:  # a function called as a graph
                op_type = "function"
            append((op_type, read, made, place.number, calls, layers))

        return keep

    def _learn(self, tensor: Tensor) -> None:
        kind = known_shape(tensor), dtype_number(tensor)
        info = self._kinds.get(kind)
        if info is None:
            info = self._kinds[kind] = TensorInfo(kind[0], tensor.dtype.name)
        self._tensors[tensor_id(tensor)] = info

    def _keep_values(self, outputs: Iterable[Tensor]) -> None:
        for tensor in outputs:
            if tensor.dtype.is_floating:
                self._room -= self._tensors[tensor_id(tensor)].size
                self._kept[tensor_id(tensor)] = tensor
        if self._room <= 0:
            self._kept.clear()

    def kept(self) -> dict[int, Array]:
        """Return the values that were kept, in float64."""
        return {number: tf.cast(tensor, tf.float64).numpy() for number, tensor in self._kept.items()}

    def finish(self, arguments: Mapping[str, Any], returned: Any) -> Trace:
        """Return what was traced.

        Parameters
        ----------
        arguments
            What the function was called with, by name.
        returned
            What it returned; None when it raised.
        """
        named = {}
        for name, nest in arguments.items():
            for tensor in tf.nest.flatten(nest, expand_composites=True):
                self._learn(tensor)
                named[tensor_id(tensor)] = name
        results = [t for t in tf.nest.flatten(returned, expand_composites=True) if isinstance(t, tf.Tensor)]
        for tensor in results:
            self._learn(tensor)
        steps = tuple(
            Step(_text(kind), read, made, self._paths[number], calls, layers)
            for kind, read, made, number, calls, layers in self._steps
        )
        returned = tuple(map(tensor_id, results))
        return Trace(steps, self._tensors, named, returned, (*self._returned, returned))


def _text(kind: str | bytes) -> str:
    return kind.decode() if isinstance(kind, bytes) else kind


class _CallState(NamedTuple):
    """What is known of a stack down to some frame: the fields of a `Step` that say who asked.

    `building`: a layer creates its variables when it is first called; that is not part of the call.
    """

    place: _CallPath
    calls: tuple[int, ...]
    layers: tuple[str, ...]
    building: bool = False


@dataclass(frozen=True, slots=True)
class _CallPath:
    """A path, by its number too, and the longer ones that begin with it, by code (its id) and instruction."""

    number: int
    path: CallChain
    further: dict[tuple[int, int], _CallPath]


class _CallPaths:
    """Who asks for ops: the user's frames on the stack, and which of their calls are still the same.

    The stack of an op shares its outer frames with that of the op before. Those of them that matter, and
    what they called, are kept until the next op, so that only frames below them are looked at. And since
    they are kept, none can have taken the place of another in memory: one that is met again is the same
    call. (To keep a frame costs time when it ends: so not all of them are.)
    """

    def __init__(self, boundary: FrameType, paths: list[CallChain]) -> None:
        self._boundary = boundary
        self._paths = paths
        self._numbers = itertools.count()
        self.comprehensions = Comprehensions(self._numbers)
        self._nothing = _CallState(self._place(()), (), ())
        self._stack: dict[FrameType, _CallState] = {}  # the outermost first, each with what is above it
        self._matters = _MattersByFile()

    def of(self, frame: FrameType | None) -> _CallState:
        """Return who asks for the op that `frame` runs. It runs once per op: keep it short."""
        found: list[tuple[FrameType, FrameType | None]] = []
        stack, boundary, matters = self._stack, self._boundary, self._matters
        called = None
        while frame is not None and frame is not boundary and frame not in stack:
            if matters[frame.f_code.co_filename]:
                found.append((frame, called))
            called, frame = frame, frame.f_back
        state = self._nothing
        if frame is None or frame is boundary:
            stack.clear()
            self.comprehensions.forget_all()
        else:
            last = None
            while last is not frame:
                last, state = stack.popitem()
                if last is not frame:
                    self.comprehensions.forget(last)
            if matters[frame.f_code.co_filename]:  # it has moved on to another instruction
                found.append((frame, called))
            else:
                stack[frame] = state
        for each, callee in reversed(found):
            stack[each] = state
            state = self._below(each, state)
            if callee is not None:
                stack[callee] = state
        return state

    def _below(self, frame: FrameType, above: _CallState) -> _CallState:
        code = frame.f_code
        if above.building or code is LAYER_BUILD:
            return above._replace(building=True)
        if code is LAYER_CALL:
            layer = layer_called(frame)
            return _CallState(above.place, above.calls, (*above.layers, layer.name))
        if not is_user_file(code.co_filename):
            return above
        place, calls = above.place, above.calls
        for comprehension, number in self.comprehensions.around(frame):
            place, calls = self._further(place, code, comprehension.whole), (*calls, number)
        place = self._further(place, code, frame.f_lasti)
        return _CallState(place, (*calls, next(self._numbers)), ())

    def _further(self, above: _CallPath, code: CodeType, instruction: int) -> _CallPath:
        key = id(code), instruction
        place = above.further.get(key)
        if place is None:
            place = above.further[key] = self._place((*above.path, Site(code, instruction)))
        return place

    def _place(self, path: CallChain) -> _CallPath:
        self._paths.append(path)
        return _CallPath(len(self._paths) - 1, path, {})


class _MattersByFile(dict[str, bool]):
    """Whether frames of a file are looked at: the user's, and those in which Keras calls layers."""

    def __missing__(self, filename: str) -> bool:
        found = is_user_file(filename) or filename == LAYER_CALL.co_filename
        self[filename] = found
        return found

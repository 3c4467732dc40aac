"""Run a formulation once and record every op."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from gradcheck.arrays import Tensor
from gradcheck.execution.keras_internals import LAYER_CALL, layer_called, path_of_layer
from gradcheck.execution.record.caller import is_made_by_a_loss, is_part_of_a_library
from gradcheck.execution.record.described import Described, Places, RawPlace
from gradcheck.execution.record.eagerly import exclusively, noting
from gradcheck.execution.record.inline import Event, definitions_of, expanded
from gradcheck.execution.record.op_hook import op_hook
from gradcheck.execution.record.variable_reads import variable_reads
from gradcheck.execution.record.way_back import WayBack
from gradcheck.execution.tensorflow_internals import (
    FUNCTION_CALLED,
    custom_gradients_noted,
    known_shape,
    tensor_id,
)
from gradcheck.program.ops import ACTIVATIONS, ELEMENTWISE, GIVE_AXIS
from gradcheck.program.recorded_values import RecordedValues
from gradcheck.program.recording import Breakdown, Layer, Op, Recording
from gradcheck.program.run import Called
from gradcheck.source import Site, is_own_file, is_user_file, site_at

_Where = Callable[[FrameType | None, FrameType], tuple[CodeType | None, int, tuple[RawPlace, ...]]]
RawOp = tuple[
    str | bytes,
    tuple[Tensor, ...],
    tuple[Any, ...],
    tuple[Tensor, ...],
    CodeType | None,
    int,
    tuple[RawPlace, ...],
]
"""The fields of an `Event`. A plain tuple: one is made per op, while the formulation runs."""


class Recorder:
    """The ops seen so far, as TensorFlow handed them over. `len` of it is how many.

    Parameters
    ----------
    with_places
        Whether it is to be known where they are called in the user's code.
    """

    def __init__(self, *, with_places: bool = True) -> None:
        self._where = _user_places if with_places else _nowhere
        self._seen: list[RawOp] = []
        self._definitions: dict[int, dict[str, Any]] = {}
        self._custom_gradients: list[Site] = []
        self._layers: dict[int, Layer] = {}
        self._unasked: set[int] = set()
        self._broadcast_by_library: set[int] = set()
        self.functions: list[Called] = []
        """The functions made by `tf.function` that ran eagerly, the outermost of each call."""
        self.broken_by_hand: Breakdown | None = None
        """Where a gradient that is written by hand is not finite any more."""

    def __len__(self) -> int:
        return len(self._seen)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Keep every op that runs inside. Functions made by `tf.function` run eagerly meanwhile.

        Run eagerly, a function shows its ops one by one, with the lines that asked for them; called as
        a graph it would be a single op.
        """
        boundary = sys._getframe(2)
        notes = _Notes(self._layers, self._unasked, self._broadcast_by_library)
        keep = _callback(self._seen, self._definitions, notes, boundary, self._where)
        functions = noting(self.functions, lambda frame: _user_site(frame, boundary))
        gradients = custom_gradients_noted(lambda: self._note_custom_gradient(boundary))
        with exclusively(), functions, gradients, op_hook(keep):
            yield

    @contextlib.contextmanager
    def differentiating(self) -> Iterator[None]:
        """Look inside for where gradients that are written by hand break down."""
        if not self._custom_gradients:
            yield
            return
        boundary = sys._getframe(2)
        way_back = WayBack(lambda frame: _user_places(frame, boundary)[:2])
        with op_hook(way_back):
            yield
        self.broken_by_hand = way_back.broken

    def _note_custom_gradient(self, boundary: FrameType) -> None:
        site = _user_site(sys._getframe(1), boundary)
        if site is not None:
            self._custom_gradients.append(site)

    def finish(self, loss: Tensor, variables: Mapping[str, Any], tape: Any) -> Recording:
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
        described, places = Described(), Places()
        numbers = described.numbers
        ops = [
            Op(
                index,
                described.kind(kind),
                numbers(inputs),
                numbers(outputs),
                described.attributes(kind, attributes),
                None if code is None else places.site(code, instruction),
                places.sites(callers),
            )
            for index, (kind, inputs, attributes, outputs, code, instruction, callers) in enumerate(
                self._events()
            )
        ]
        number = numbers([loss])[0]
        reads = variable_reads(ops, described.values, variables, tape)
        return Recording(
            tuple(ops),
            described.tensors,
            RecordedValues(described.values),
            number,
            reads,
            tuple(self._custom_gradients),
            self._layers,
            frozenset(self._unasked),
            frozenset(self._broadcast_by_library),
        )

    def _events(self) -> Iterable[RawOp]:
        """Return the recorded ops with functions inlined, every op after those that made its inputs."""
        if not self._definitions:
            return self._seen
        events: list[RawOp] = []
        for index, seen in enumerate(self._seen):
            definitions = self._definitions.get(index)
            events += [seen] if definitions is None else expanded(Event(*seen), definitions)
        return _in_order(events)


def _in_order(events: list[RawOp]) -> list[RawOp]:
    """Return the events so that none comes before one that made its inputs.

    `tf.autodiff.ForwardAccumulator` calls its functions on the output of an op before the op is seen.
    """
    maker = {tensor_id(tensor): index for index, event in enumerate(events) for tensor in event[3]}
    done: set[int] = set()
    ordered = []
    for start in range(len(events)):
        pending = [start]
        while pending:
            index = pending[-1]
            later = [maker.get(tensor_id(tensor), -1) for tensor in events[index][1]]
            waiting = [i for i in later if i > index and i not in done and i not in pending]
            pending += waiting
            if not waiting:
                pending.pop()
                if index not in done:
                    done.add(index)
                    ordered.append(events[index])
    return ordered


@dataclass(frozen=True)
class _Notes:
    """What the callers of an op tell of it while it runs; each as `Recording` has it."""

    layers: dict[int, Layer]
    unasked: set[int]
    broadcast_by_library: set[int]


def _callback(
    seen: list[RawOp],
    definitions: dict[int, dict[str, Any]],
    notes: _Notes,
    boundary: FrameType,
    where: _Where,
) -> Any:
    """Return the function that TensorFlow calls after every op. It runs once per op: keep it short."""
    append = seen.append
    shared: dict[Any, tuple[str | bytes, tuple[Any, ...]]] = {}

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
        if attributes and attributes[0] == FUNCTION_CALLED:  # no op, but a function called as a graph
            definitions[len(seen)] = definitions_of(str(op_type))
        # The list of outputs is the caller's own: a TensorArray empties it element by element.
        kept = tuple(outputs or ())
        if op_type in _ACTIVATIONS:
            layer = _layer_at_work(sys._getframe(1))
            if layer is not None:
                notes.layers[tensor_id(kept[0])] = layer
        elif op_type in _GIVE_AXIS:
            if is_made_by_a_loss(None):
                notes.unasked.add(tensor_id(kept[0]))
        elif op_type in _ELEMENTWISE and _all_repeated(inputs, kept) and is_part_of_a_library():
            notes.broadcast_by_library.add(tensor_id(kept[0]))
        # TensorFlow makes them anew for each op, names included: of a loop, they would take most of the memory.
        try:  # noqa: SIM105 - a context would take as long as the rest
            op_type, attributes = shared.setdefault((op_type, attributes), (op_type, attributes))
        except TypeError:  # a list is among them
            pass
        append((op_type, inputs, attributes, kept, *where(sys._getframe(1), boundary)))

    return keep


_GIVE_AXIS = GIVE_AXIS | {kind.encode() for kind in GIVE_AXIS}
_ELEMENTWISE = ELEMENTWISE.keys() | {kind.encode() for kind in ELEMENTWISE}
_ACTIVATIONS = ACTIVATIONS | {kind.encode() for kind in ACTIVATIONS}


def _all_repeated(inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> bool:
    """Return whether no operand has the shape of the result."""
    if len(inputs) < 2:
        return False
    result = known_shape(outputs[0])
    return all(known_shape(each) != result for each in inputs)


def _layer_at_work(frame: FrameType | None) -> Layer | None:
    """Return the innermost Keras layer that is being called; None where the user's own code comes first."""
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        if frame.f_code is LAYER_CALL:
            layer = layer_called(frame)
            activation = getattr(getattr(layer, "activation", None), "__name__", "")
            return Layer(path_of_layer(layer), type(layer).__name__, activation)
        frame = frame.f_back
    return None


def _user_site(frame: FrameType, boundary: FrameType) -> Site | None:
    code, instruction, _ = _user_places(frame, boundary)
    return None if code is None else site_at(code, instruction)


def _user_places(
    frame: FrameType | None, boundary: FrameType
) -> tuple[CodeType | None, int, tuple[RawPlace, ...]]:
    """Return the innermost place in the user's code, from `frame` outwards up to `boundary`, and its callers."""
    outermost = frame
    while frame is not None and frame is not boundary:
        filename = frame.f_code.co_filename
        if filename not in _others_files:
            if is_user_file(filename):
                return frame.f_code, frame.f_lasti, _callers(frame, boundary)
            _others_files.add(filename)
        outermost, frame = frame, frame.f_back
    # A formulation that is itself installed code: the nearest thing to the user's line is its own.
    if outermost is None or is_own_file(outermost.f_code.co_filename):
        return None, 0, ()
    return outermost.f_code, outermost.f_lasti, ()


def _nowhere(*_: FrameType | None) -> tuple[None, int, tuple[RawPlace, ...]]:
    return None, 0, ()


_others_files: set[str] = set()
"""Files that are not the user's, as far as they are known: dozens of frames of libraries stand above most ops."""

_MOST_CALLERS = 16
"""How many places around one are kept: what calls itself would make a list as long as its ops are many."""


def _callers(inner: FrameType, boundary: FrameType) -> tuple[RawPlace, ...]:
    """Return the places in the user's code that called what runs in a frame.

    What runs a comprehension calls nothing, although before Python 3.12 a comprehension has a frame of its own.
    """
    found: list[RawPlace] = []
    frame, within = inner.f_back, inner.f_code.co_name in _COMPREHENSIONS
    while frame is not None and frame is not boundary and len(found) < _MOST_CALLERS:
        if is_user_file(frame.f_code.co_filename):
            if not within:
                found.append((frame.f_code, frame.f_lasti))
            within = frame.f_code.co_name in _COMPREHENSIONS
        frame = frame.f_back
    return tuple(found)


_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")

"""Inline functions that TensorFlow ran as a graph: replace them by the ops of their bodies.

`tf.vectorized_map`, `batch_jacobian`, a concrete function and a loaded SavedModel run as a graph even
where functions run eagerly, and are seen as one op. Its body is run here a second time, op by op and
without its side effects, so that a recording holds ops alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, NamedTuple

import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.attributes import Definition, definition, python_value
from gradcheck.execution.tensorflow_internals import function_definition, op_definition, run_op
from gradcheck.program.ops import ONLY_TELL, READ_STATE, is_draw
from gradcheck.program.recording import DRAWS

Definitions = Mapping[str, Any]
"""`FunctionDef`s by name."""

WHY = "gradcheck_why"
"""The attribute of a function op that could not be inlined: the reason."""


class Event(NamedTuple):
    """An op as TensorFlow handed it over: eager tensors, attributes as alternating names and values."""

    kind: str | bytes
    inputs: tuple[Tensor, ...]
    attributes: tuple[Any, ...]
    outputs: tuple[Tensor, ...]
    code: CodeType | None
    instruction: int
    callers: tuple[tuple[CodeType, int], ...] = ()


def definitions_of(name: str) -> dict[str, Any]:
    """Return the definition of the function `name` and of all that it calls.

    Must be requested at the call, because a function without references is deleted.
    """
    found: dict[str, Any] = {}
    pending = [name]
    while pending:
        current = pending.pop()
        known = None if current in found else function_definition(current)
        if known is not None:
            found[current] = known
            pending += [called for node in known.node_def for called in _called(node)]
    return found


def expanded(event: Event, definitions: Definitions) -> list[Event]:
    """Return the ops of the body of the function that `event` called, or `event` with the reason why not."""
    body = _Body(definitions, event)
    name = tf.compat.as_str(event.kind)
    try:
        outputs = body.call(name, list(event.inputs))
    except _NotExpandableError as error:
        return [event._replace(attributes=(WHY, str(error), *((DRAWS, True) if error.draws else ())))]
    except Exception as error:  # whatever it is, the comparison can do without this function's inside
        return [event._replace(attributes=(WHY, f"cannot be inlined: {type(error).__name__}"))]
    for made, output in zip(outputs, event.outputs, strict=True):
        body.events.append(event._replace(kind="Identity", inputs=(made,), attributes=(), outputs=(output,)))
    return body.events


class _NotExpandableError(Exception):
    """A function cannot be run a second time; the message says why, `draws` whether it holds a random op."""

    def __init__(self, why: str, *, draws: bool = False) -> None:
        super().__init__(why)
        self.draws = draws


@dataclass
class _Body:
    """The ops of a function's body, run one after the other; `caller` is the call's own event."""

    definitions: Definitions
    caller: Event

    def __post_init__(self) -> None:
        self.events: list[Event] = []

    def call(self, name: str, arguments: Sequence[Tensor]) -> list[Tensor]:
        """Run the function `name` on `arguments`; only what its outputs need."""
        function = self.definitions.get(name)
        if function is None:
            raise _NotExpandableError("calls a function whose definition no longer exists")
        values = {a.name: [v] for a, v in zip(function.signature.input_arg, arguments, strict=True)}
        returned = [function.ret[output.name] for output in function.signature.output_arg]
        for node in _needed(function, returned):
            inputs = [_value(values, reference) for reference in _data_inputs(node)]
            for argument, outputs in _by_argument(node, self._run(node, inputs)).items():
                values[f"{node.name}:{argument}"] = outputs
        return [_value(values, reference) for reference in returned]

    def _run(self, node: Any, inputs: list[Tensor]) -> list[Tensor]:
        called = _called(node)
        match node.op:
            case "PartitionedCall" | "StatefulPartitionedCall":
                return self.call(called[0], inputs)
            case "If" | "StatelessIf":
                branch = "then_branch" if bool(inputs[0]) else "else_branch"
                return self.call(node.attr[branch].func.name, inputs[1:])
            case "Case" | "StatelessCase":
                index = int(inputs[0])
                return self.call(called[index if 0 <= index < len(called) else -1], inputs[1:])
            case "While" | "StatelessWhile":
                while bool(self.call(node.attr["cond"].func.name, inputs)[0]):
                    inputs = self.call(node.attr["body"].func.name, inputs)
                return inputs
        return self._op(node, inputs)

    def _op(self, node: Any, inputs: list[Tensor]) -> list[Tensor]:
        if node.op == "Const":
            return [tf.constant(tf.make_ndarray(node.attr["value"].tensor))]
        known = definition(node.op)
        if known is None:
            raise _NotExpandableError(f"holds {node.op}, which is not an op")
        if known.stateful and node.op not in READ_STATE | ONLY_TELL:
            raise _NotExpandableError(
                f"holds {node.op}, which may give another value each time it runs", draws=is_draw(node.op)
            )
        attributes = _attributes(node, known)
        count = sum(size for _, size in _outputs(node))
        outputs = run_op(node.op, count, inputs, attributes)
        event = Event(node.op, tuple(inputs), attributes, tuple(outputs), *self.caller[4:])
        self.events.append(event)
        return list(outputs)


def _attributes(node: Any, known: Definition) -> tuple[Any, ...]:
    flat: list[Any] = []
    for name, of_type, _ in known.attributes:
        value = python_value(node.attr[name], of_type)
        flat += [] if value is None else [name, value]
    return tuple(flat)


def _needed(function: Any, returned: Sequence[str]) -> list[Any]:
    """Return the nodes that the outputs depend on by data, each after those that it depends on."""
    nodes = {node.name: node for node in function.node_def}
    pending = [_source(reference) for reference in returned]
    ordered: dict[str, Any] = {}
    while pending:
        name = pending[-1]
        node = nodes.get(name)  # None for an argument of the function
        before = [] if node is None else [_source(reference) for reference in _data_inputs(node)]
        waiting = [source for source in before if source in nodes and source not in ordered]
        pending += waiting
        if not waiting:
            pending.pop()
            if node is not None:
                ordered[name] = node
    return list(ordered.values())


def _source(reference: str) -> str:
    return reference.split(":", maxsplit=1)[0]


def _data_inputs(node: Any) -> list[str]:
    return [reference for reference in node.input if not reference.startswith("^")]


def _value(values: Mapping[str, list[Tensor]], reference: str) -> Tensor:
    """Look up ``argument`` or ``node:output:index``."""
    if ":" not in reference:
        return values[reference][0]
    source, _, index = reference.rpartition(":")
    return values[source][int(index)]


def _by_argument(node: Any, outputs: Sequence[Tensor]) -> dict[str, list[Tensor]]:
    """Split the flat outputs of a node by the names of its op's outputs."""
    split, start = {}, 0
    for name, size in _outputs(node):
        split[name] = list(outputs[start : start + size])
        start += size
    return split


def _outputs(node: Any) -> list[tuple[str, int]]:
    """Return the names of a node's outputs and how many tensors each of them is."""
    found = op_definition(node.op)
    return [(argument.name, _size(node, argument)) for argument in found.output_arg]


def _size(node: Any, argument: Any) -> int:
    if argument.number_attr:
        return int(node.attr[argument.number_attr].i)
    if argument.type_list_attr:
        return len(node.attr[argument.type_list_attr].list.type)
    return 1


def _called(node: Any) -> list[str]:
    """Return the names of the functions that `node` calls."""
    names = [value.func.name for value in node.attr.values() if value.HasField("func")]
    return names + [f.name for value in node.attr.values() for f in value.list.func]

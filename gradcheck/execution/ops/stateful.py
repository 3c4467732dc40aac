"""Which ops give in a replay what they gave when they were recorded: randomness, and what holds state."""

from __future__ import annotations

from gradcheck.execution.ops.attributes import definition
from gradcheck.execution.ops.unavailable import ReplayUnavailableError, unavailable
from gradcheck.program.recording import Op, Recording

AS_IDENTITY = {"CheckNumerics", "CheckNumericsV2", "Print", "DeepCopy", "GuaranteeConst"}
"""Registered as stateful for what they do besides; what they return is what they are given."""

DIFFERENTIABLE_DRAWS = {"RandomGamma", "StatelessRandomGammaV2", "StatelessRandomGammaV3"}
"""Random ops that have a gradient for their parameters (implicit reparametrisation)."""

_DRAWS = {"RandomPoisson", "RandomPoissonV2", "StatelessRandomPoisson", "StatelessRandomBinomial"}
"""Random ops whose outputs are whole numbers, whatever their dtype: the same in every precision."""

_PYTHON = {
    "PyFunc": "tf.numpy_function",
    "PyFuncStateless": "tf.numpy_function",
    "EagerPyFunc": "tf.py_function",
}

_PURE_CONTROL = {"StatelessIf", "StatelessWhile", "StatelessCase"}


_STATE_OF_A_VARIABLE = ("ReadVariableOp", "VarHandleOp", "VarIsInitializedOp", "Assign", "Resource")
"""How the types of stateful ops begin whose state is a variable's."""

_TELL = ("Assert", "CheckNumerics", "Print", "Write")
"""How the types of stateful ops begin that have no state: they tell people something, or raise."""


def keeps_state_in_kernels(recording: Recording) -> bool:
    """Return whether some op may go on, in the next run, from where it stopped: one that draws, mostly."""
    return any(_keeps_state(kind) for kind in {op.type for op in recording.ops})


def _keeps_state(kind: str) -> bool:
    known = definition(kind)
    if known is None or any(name == "seed" for name, _, _ in known.attributes):  # as of pooling
        return True
    return known.stateful and not kind.startswith(_STATE_OF_A_VARIABLE + _TELL)


def keeps_its_record(op: Op, recording: Recording) -> bool:
    """Return whether the outputs of `op` are repeated, not made anew."""
    known = definition(op.type)
    if known is None or op.type in AS_IDENTITY:
        return False
    if known.stateful or _is_random(op.type):
        return True
    return known.opaque and not _runs_on_made(op, recording)


def obstacle(op: Op, recording: Recording) -> ReplayUnavailableError | None:
    """Return why repeating the outputs of `op` would be wrong, or None.

    Numbers that follow from a variable's value differ in float64; repeated, they would not.
    """
    makes_floats = any(_holds_floats(recording, number) for number in op.outputs)
    if not makes_floats or op.type in _DRAWS | DIFFERENTIABLE_DRAWS or not follows_a_variable(op, recording):
        return None
    if op.type in _PYTHON:
        return unavailable(op, "runs Python code, which a replay cannot run again", _PYTHON[op.type])
    return unavailable(op, "has state or is random, and depends on a variable: it cannot be run in float64")


def follows_a_variable(op: Op, recording: Recording) -> bool:
    """Return whether some floating input of `op` was made from a variable of the case."""
    pending = [number for number in op.inputs if _holds_floats(recording, number)]
    seen: set[int] = set()
    while pending:
        number = pending.pop()
        if number in recording.reads:
            return True
        producer = recording.producer(number)
        if producer is not None and producer.index not in seen:
            seen.add(producer.index)
            pending.extend(producer.inputs)
    return False


def _is_random(kind: str) -> bool:
    return "Random" in kind or (kind.startswith("Stateless") and kind not in _PURE_CONTROL)


def _runs_on_made(op: Op, recording: Recording) -> bool:
    """Return whether every handle that `op` takes was made by an op that the replay runs too."""
    for number in op.inputs:
        if recording.tensors[number].dtype in ("resource", "variant"):
            producer = recording.producer(number)
            if producer is None or "Dataset" in producer.type or keeps_its_record(producer, recording):
                return False
    return True


def _holds_floats(recording: Recording, number: int) -> bool:
    """Return whether a tensor is floating, or a variant: a list that may be of floats."""
    tensor = recording.tensors[number]
    return tensor.floating or tensor.dtype == "variant"

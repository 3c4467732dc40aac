"""Every private or undocumented part of TensorFlow that gradcheck stands on, each under a name that says what for.

No other file uses one, and `tests/execution/test_internals.py` shows of each the behaviour that is relied on. Each
says what it stands for in TensorFlow and what public part would take its place; "none" where none is in sight.
"""

from __future__ import annotations

import contextlib
import operator
import os
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.autograph.impl import api as autograph
from tensorflow.python.distribute import mirrored_run
from tensorflow.python.eager import context, core, execute, record
from tensorflow.python.eager.polymorphic_function import polymorphic_function, tracing_compilation
from tensorflow.python.framework import auto_control_deps_utils, op_callbacks, op_def_registry
from tensorflow.python.ops import custom_gradient, map_fn, stateful_random_ops

from gradcheck.arrays import Tensor

# Tensors. These are asked of every tensor of a run, and so are no functions of ours.

tensor_id: Callable[[Tensor], int] = operator.attrgetter("_id")
"""`Tensor._id`: a number that no other tensor of the process has, later ones larger. Public: none."""

known_shape: Callable[[Tensor], tuple[int, ...]] = operator.methodcaller("_shape_tuple")
"""`EagerTensor._shape_tuple`: the shape as a tuple. Public: `tuple(tensor.shape)`, but that is far slower."""

dtype_number: Callable[[Tensor], int] = operator.methodcaller("_datatype_enum")
"""`EagerTensor._datatype_enum`: the dtype as a number. Public: `tensor.dtype.as_datatype_enum`, slower."""

count_of_elements: Callable[[Tensor], int] = operator.methodcaller("_num_elements")
"""`EagerTensor._num_elements`: how many numbers it holds. Public: `tensor.shape.num_elements()`, slower."""


EagerTensor: Any = tf.__internal__.EagerTensor
"""`tf.__internal__.EagerTensor`: the class of tensors that hold numbers. Public: none."""


def has_run(tensor: Any) -> bool:
    """Return whether a tensor holds numbers, and is not one of a function that is being traced."""
    return isinstance(tensor, EagerTensor) or not hasattr(tensor, "op")


def captures_of(graph: Any) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
    """Return what stands in a function being traced for what it took from outside, and that, by the same keys.

    Both grow at the end while it is traced. `FuncGraph.function_captures`. Public: none; `FuncGraph.captures`
    makes a new list of all of them after each.
    """
    captures = getattr(graph, "function_captures", None)
    return ({}, {}) if captures is None else (captures.by_val_internal, captures.by_val_external)


def handle_of(variable: Any) -> Tensor:
    """Return the tensor by which ops refer to a variable: `ResourceVariable.handle`. Public: none."""
    handle: Tensor = variable.handle
    return handle


def dtype_behind(handle: Any) -> Any:
    """Return the dtype of the variable behind a handle; None where it is a table or a queue.

    `EagerTensor._handle_data`. Public: none.
    """
    data = handle._handle_data
    if data is None or len(data.shape_and_type) != 1:
        return None
    return tf.as_dtype(data.shape_and_type[0].dtype)


# Types of ops and functions.

op_definition: Callable[[str], Any] = op_def_registry.get
"""`op_def_registry.get`: the `OpDef` of a type of op; None for what is not an op. Public: none."""

FUNCTION_CALLED = "executor_type"
"""The first attribute of what `add_hook` tells where no op ran, but a function called as a graph. Public: none."""

READ_ONLY_OPS: frozenset[str] = frozenset(auto_control_deps_utils.RESOURCE_READ_OPS)
"""`auto_control_deps_utils.RESOURCE_READ_OPS`: ops that leave alone the variables that they take. Public: none."""


def inputs_only_read(node: Any) -> Sequence[int]:
    """Return the places of the handles that a node of a function's body calls another one with, to be read only.

    `auto_control_deps_utils.READ_ONLY_RESOURCE_INPUTS_ATTR`. Public: none.
    """
    reads: Sequence[int] = node.attr[auto_control_deps_utils.READ_ONLY_RESOURCE_INPUTS_ATTR].list.i
    return reads


def function_definition(name: str) -> Any:
    """Return the `FunctionDef` of a function that the runtime knows, or None.

    `Context.has_function` and `get_function_def`. Public: none; `ConcreteFunction` gives it for those one holds.
    """
    eager = context.context()
    return eager.get_function_def(name) if eager.has_function(name) else None


# Running ops, and seeing them run.


def run_op(kind: str, count: int, inputs: Sequence[Tensor], attributes: Sequence[Any]) -> list[Tensor]:
    """Run an op that returns `count` tensors, unseen by hooks and tapes.

    `pywrap_tfe.TFE_Py_Execute`, as `execute.quick_execute` calls it. Public: `tf.raw_ops`, by the names of
    arguments, and seen by both.
    """
    runtime = context.context()
    try:
        outputs: list[Tensor] = pywrap_tfe.TFE_Py_Execute(
            runtime._handle, runtime.device_name, kind, inputs, attributes, count
        )
    except core._NotOkStatusException as error:
        raise core._status_to_exception(error) from None
    return outputs


def run_where(
    device: str, kind: str, count: int, inputs: list[Tensor], attributes: tuple[Any, ...]
) -> list[Tensor]:
    """Do what `run_op` does, on a device, and unseen by what `replace_runner` put in place.

    `pywrap_tfe.TFE_Py_Execute` and `Context._handle`. Public: none.
    """
    return _execute(context.context()._handle, device, kind, inputs, attributes, count)


def record_gradient(
    kind: str, inputs: Sequence[Tensor], attributes: Sequence[Any], outputs: Sequence[Tensor]
) -> None:
    """Let the tape take tensors for the outputs of an op on inputs.

    `pywrap_tfe.TFE_Py_RecordGradient`. Public: none; `tf.__internal__.record_gradient` looks for a name scope, and
    takes several times as long.
    """
    pywrap_tfe.TFE_Py_RecordGradient(kind, inputs, attributes, outputs, "")


record_backward: Callable[[str, Sequence[Tensor], Sequence[Tensor], Callable[..., Any]], None] = (
    record.record_operation
)
"""`record.record_operation`: let the tape call a function for the gradients of an op's inputs, with those of its
outputs; first come the outputs, then the inputs. Public: `tf.custom_gradient`, which takes far longer."""

add_hook: Callable[[Callable[..., None]], None] = op_callbacks.add_op_callback
"""`op_callbacks.add_op_callback`: call a function after every op of this thread. Public: none."""

remove_hook: Callable[[Callable[..., None]], None] = op_callbacks.remove_op_callback
"""`op_callbacks.remove_op_callback`, which ends that. Public: none."""


def hooks_are_called(wanted: bool) -> None:
    """Let ops call the hooks of their thread, in all threads; or no longer, where this one has none left.

    `execute.execute`. TensorFlow switches it by the hooks of the thread that comes or goes. Public: none.
    """
    if wanted:
        execute.execute = execute.execute_with_callbacks
    elif not context.context().op_callbacks:
        execute.execute = execute.quick_execute


RUNNERS: Mapping[str, tuple[Callable[..., Any], int]] = {
    name: (getattr(pywrap_tfe, name), place)
    for name, place in {
        "TFE_Py_FastPathExecute": 1,
        "TFE_Py_Execute": 2,
        "TFE_Py_ExecuteCancelable": 2,
    }.items()
}
"""The functions of `tensorflow.python.pywrap_tfe` through which Python runs every op and function, by name; with
each, where its arguments have the name of the op. A hook is called only after an op has run. Public: none."""

_execute: Callable[..., list[Tensor]] = pywrap_tfe.TFE_Py_Execute


def replace_runner(name: str, function: Callable[..., Any]) -> None:
    """Let `function` run all ops that one of `RUNNERS` ran so far."""
    setattr(pywrap_tfe, name, function)


# Functions made by `tf.function`, by `tf.custom_gradient` and by AutoGraph.

CompiledFunction: Any = polymorphic_function.Function
"""`polymorphic_function.Function`: what `tf.function` makes. Public: `tf.types.experimental.PolymorphicFunction`,
an abstract class: what is called cannot be replaced there."""


def is_run_eagerly(function: Any) -> bool:
    """Return whether the next call of a function made by `tf.function` runs its Python code.

    `Function._run_functions_eagerly`. Public: `tf.config.functions_run_eagerly`, from which some are exempt.
    """
    return bool(function._run_functions_eagerly)


def never_traced(function: Any) -> Any:
    """Return a copy of a function made by `tf.function` that was never traced: `Function._clone`. Public: none."""
    return function._clone(None)


def arguments_traced_with(frame: FrameType) -> tuple[Any, Any] | None:
    """Return what a function is called with, by place and by name, where `frame` is that which traces it.

    The locals of `tracing_compilation.trace_function`. Public: none.
    """
    if frame.f_code is not tracing_compilation.trace_function.__code__:
        return None
    return frame.f_locals["args"], frame.f_locals["kwargs"]


@contextlib.contextmanager
def custom_gradients_noted(note: Callable[[], None]) -> Iterator[None]:
    """Call `note` before each function with a gradient of its own that this thread calls inside.

    `custom_gradient._eager_mode_decorator`. Public: none.
    """
    original = custom_gradient._eager_mode_decorator
    thread = threading.get_ident()

    def noting(function: Any, args: Any, kwargs: Any) -> Any:
        if threading.get_ident() == thread:
            note()
        return original(function, args, kwargs)

    custom_gradient._eager_mode_decorator = noting
    try:
        yield
    finally:
        custom_gradient._eager_mode_decorator = original


@contextlib.contextmanager
def map_fn_as_written() -> Iterator[None]:
    """Let `tf.map_fn`, while it runs eagerly, call what it is given, and not what AutoGraph makes of it.

    The module `map_fn.autograph`. AutoGraph's would be other code, whose lines nobody wrote. Public: none.
    """
    original = map_fn.autograph
    map_fn.autograph = _AsWritten
    try:
        yield
    finally:
        map_fn.autograph = original


class _AsWritten:
    """What `tf.map_fn` takes for AutoGraph."""

    @staticmethod
    def tf_convert(function: Any, context: Any) -> Any:
        return function if tf.executing_eagerly() else autograph.tf_convert(function, context)


AUTOGRAPH_FILE = "/__autograph_generated_file"
"""What the paths of the files have in them that AutoGraph writes functions into. Public: none."""


def converted_into(filename: str) -> list[tuple[CodeType, Mapping[Any, Any]]]:
    """Return the functions that AutoGraph converted into a file, and from its lines to theirs, for each.

    The cache `autograph.impl.api._TRANSPILER`. Public: none. (`Operation.traceback` knows the functions that the
    current thread has called, and not those of the thread that started it, as a strategy starts its replicas.)
    """
    with autograph._TRANSPILER._cache_lock:
        return [
            (code, factory.source_map)
            for code, factories in autograph._TRANSPILER._cache._cache.items()
            for factory in factories.values()
            if factory.module.__file__ == filename
        ]


def converted() -> list[Any]:
    """Return the code of all functions that AutoGraph has converted and not forgotten.

    It holds them weakly, and forgets with them what it wrote, though another function of equal code may be using
    that: not while somebody holds this list. The cache `autograph.impl.api._TRANSPILER`. Public: none.
    """
    with autograph._TRANSPILER._cache_lock:
        return list(autograph._TRANSPILER._cache._cache)


# Who asked for an op.

FILES_OF_TENSORFLOW = "/tensorflow/python/"
"""What the paths of its own Python files have in them. Public: none."""

FILES_OF_OPS = (
    "/tensorflow/python/autograph/",
    "/tensorflow/python/eager/execute.py",
    "/tensorflow/python/framework/",
    "/tensorflow/python/ops/array_ops.py",
    "/tensorflow/python/ops/clip_ops.py",
    "/tensorflow/python/ops/gen_array_ops.py",
    "/tensorflow/python/ops/gen_math_ops.py",
    "/tensorflow/python/ops/math_ops.py",
    "/tensorflow/python/ops/numpy_ops/",
    "/tensorflow/python/ops/resource_variable_ops.py",
    "/tensorflow/python/ops/tensor_math_operator_overrides.py",
    "/tensorflow/python/ops/variables.py",
    "/tensorflow/python/ops/weak_tensor_ops.py",
    "/tensorflow/python/util/",
)
"""Parts of the paths of TensorFlow's files that stand between an expression and its op. Public: none."""


def operands_of_op(frame: FrameType) -> Iterable[Any] | None:
    """Return what an op is given, variables among them, where `frame` is that of the function which runs it.

    Of these functions there is one per op, in files that are called ``gen_...``; the locals of it. Public: none.
    """
    if "/gen_" not in frame.f_code.co_filename.replace(os.sep, "/"):
        return None
    return frame.f_locals.values()


def files_that_made(op: Any) -> Iterator[str]:
    """Yield the files of the frames in which an op of a traced function was made, the innermost first.

    `Operation.traceback`, whose entries are undocumented. Public: none.
    """
    return (entry.filename for entry in reversed(op.traceback))


def is_replica(thread: threading.Thread) -> bool:
    """Return whether a strategy started this thread: `mirrored_run._MirroredReplicaThread`. Public: none."""
    return isinstance(thread, mirrored_run._MirroredReplicaThread)


def is_first_replica(thread: threading.Thread) -> bool:
    """Return whether a strategy started this thread as its first replica: `_MirroredReplicaThread.replica_id`.

    Public: `tf.distribute.ReplicaContext.replica_id_in_sync_group`, a tensor without a value while tracing.
    """
    return is_replica(thread) and thread.replica_id == 0  # type: ignore[attr-defined]


def starts_replica(frame: FrameType, replica: threading.Thread) -> bool:
    """Return whether `frame` is that which started `replica`, and waits for it.

    The locals of `mirrored_run._call_for_each_replica`. Public: none.
    """
    starter = mirrored_run._call_for_each_replica.__code__
    return frame.f_code is starter and replica in frame.f_locals["threads"]


# Random numbers.


def seed_state() -> tuple[int | None, object]:
    """Return the global seed, and where the generator stands that seeds ops without one (None: no seed was set).

    `Context._seed` and `_rng`. Public: none; `tf.random.set_seed` sets them, and throws the kernels away.
    """
    eager = context.context()
    generator = getattr(eager, "_rng", None)  # absent until a seed was set
    return eager._seed, None if generator is None else generator.getstate()


def set_seed_state(state: tuple[int | None, Any]) -> None:
    """Put back what `seed_state` returned."""
    eager = context.context()
    eager._seed, position = state
    eager._rng = None if position is None else random.Random()
    if position is not None:
        eager._rng.setstate(position)


def seed_state_from(seed: int) -> tuple[int, object]:
    """Return the state right after `tf.random.set_seed(seed)`."""
    return seed, random.Random(seed).getstate()


def forget_kernels() -> None:
    """Let every op make its kernel anew, with where it stands in its random numbers.

    `Context.clear_kernel_cache`. Public: `tf.random.set_seed`, which also changes the seed.
    """
    context.context().clear_kernel_cache()


def global_generator() -> Any:
    """Return what `tf.random.get_global_generator` does, or None where that would have to make it first.

    `stateful_random_ops.global_generator`. Public: none.
    """
    return stateful_random_ops.global_generator


# Programs that are watched while they train.


nameless: Callable[[], str] = context.anonymous_name
"""`context.anonymous_name`: the name of a resource that lives as long as its handle. Public: none."""

a_tape_records: Callable[[], bool] = record.could_possibly_record
"""`record.could_possibly_record`: whether a tape records ops now. Public: none."""


def a_tape_watches(*tensors: Tensor) -> bool:
    """Return whether a tape follows what is done with some of these: `record.should_record_backprop`."""
    return bool(record.should_record_backprop(tensors))


def class_of_eager_tensors(method: str) -> type:
    """Return the class that defines a method of tensors that have run, as `numpy`. Public: none."""
    kinds: tuple[type, ...] = tf.__internal__.EagerTensor.__mro__
    return next(kind for kind in kinds if method in kind.__dict__)


def leave_to_python(function: Any) -> None:
    """Let AutoGraph call a function as it is, and what it calls as if it was not there.

    The attribute `autograph_info__`, by which AutoGraph knows what it made itself. Public: none;
    `tf.autograph.experimental.do_not_convert` keeps AutoGraph from what is called inside as well.
    """
    autograph.autograph_artifact(function)


def is_left_to_python(function: Any) -> bool:
    """Return whether AutoGraph calls a function as it is."""
    return bool(autograph.is_autograph_artifact(function))

"""What gradcheck relies on of the private parts of TensorFlow, Keras, typer and hypothesis, shown one by one."""

import ast
import gc
import inspect
import os
import pathlib
import random
import sys
import threading
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
import typer
from hypothesis import find, settings
from hypothesis import strategies as st
from hypothesis.configuration import storage_directory
from tensorflow.python.eager import context, execute

import gradcheck
from gradcheck.cli import typer_internals
from gradcheck.execution import keras_internals, method_internals, random_internals, tensorflow_internals
from gradcheck.execution.record.op_hook import op_hook
from gradcheck.fuzzing import hypothesis_internals

pytestmark = pytest.mark.unwatched

PACKAGE = pathlib.Path(gradcheck.__file__).parent
INTERNALS = [
    tensorflow_internals,
    keras_internals,
    random_internals,
    method_internals,
    typer_internals,
    hypothesis_internals,
]


# No other file uses a private part.

PUBLIC_MODULES = {
    "tensorflow": {"tensorflow"},
    "keras": {"keras"},
    "typer": {"typer"},
    "hypothesis": {"hypothesis", "hypothesis.errors", "hypothesis.extra", "hypothesis.strategies"},
    "click": set(),
    "tf_keras": set(),
}
PYTHONS_OWN = {"os._exit", "sys._getframe", "sys._current_frames", "random._inst", "np.random.mtrand._rand"}
OF_A_NAMED_TUPLE = {"_replace", "_fields"}
UNDOCUMENTED = {"__internal__", "captures", "f_locals", "handle", "traceback"}
PATHS = ("/tensorflow/", "/keras/", "/tf_keras/", "tensorflow.python", "keras.src")


def private_parts(source):
    """Return what stands in `source` that no library promises to keep."""
    tree = ast.parse(source)
    docstrings = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    return [
        found
        for node in ast.walk(tree)
        if id(node) not in docstrings
        for found in (*_imported(node), *_attribute(node), *_named_in_text(node), *_path(node))
    ]


def _imported(node):
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        modules = [node.module]
    return [m for m in modules if m not in PUBLIC_MODULES.get(m.split(".")[0], {m})]


def _attribute(node):
    if not isinstance(node, ast.Attribute) or ast.unparse(node) in PYTHONS_OWN:
        return []
    own = ast.unparse(node.value) in ("self", "cls", "super()")
    return [ast.unparse(node)] if node.attr in UNDOCUMENTED or (_is_private(node.attr) and not own) else []


def _is_private(name):
    return name.startswith("_") and not name.startswith("__") and name not in OF_A_NAMED_TUPLE


def _named_in_text(node):
    """Names that are looked up, as in `getattr(context, "_rng")`."""
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith(
        ("attr", "attrgetter", "methodcaller")
    ):
        return []
    texts = [
        each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    return [text for text in texts if _is_private(text) or text in UNDOCUMENTED]


def _path(node):
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if is_text and any(part in node.value for part in PATHS) else []


def test_private_parts_are_used_in_one_file_each():
    ours = {pathlib.Path(module.__file__) for module in INTERNALS}
    found = {
        str(path.relative_to(PACKAGE)): private_parts(path.read_text())
        for path in PACKAGE.rglob("*.py")
        if path not in ours
    }
    assert {path: parts for path, parts in found.items() if parts} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "from tensorflow.python.eager import context",
        "import tensorflow.python.eager.context as c",
        "from keras.src.backend.common import global_state",
        "from typer.core import TyperGroup",
        "from hypothesis.configuration import set_hypothesis_home_dir",
        "number = tensor._id",
        "seed = getattr(context.context(), '_rng', None)",
        "read = operator.attrgetter('_id')",
        "eager = tf.__internal__.EagerTensor",
        "where = op.traceback",
        "layer = frame.f_locals['self']",
        "mine = '/tensorflow/python/ops/math_ops.py' in path",
    ],
)
def test_the_twin_a_private_part_elsewhere_is_seen(planted):
    assert private_parts(planted)


@pytest.mark.parametrize(
    "harmless", ["self._id", "import tensorflow as tf", "sys._getframe(1)", "x._replace(a=1)"]
)
def test_what_is_ones_own_is_not_private(harmless):
    assert private_parts(harmless) == []


def test_each_internal_is_tried_here():
    tree = ast.parse(pathlib.Path(__file__).read_text())
    tried = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for module in INTERNALS:
        name = module.__name__.rpartition(".")[2]
        assert {own for own in _own_names(module) if f"{name}.{own}" not in tried} == set()


def _own_names(module):
    """Return the public names that a module defines, and does not import."""
    body = ast.parse(inspect.getsource(module)).body
    defined = [each.name for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    defined += [t.id for each in body if isinstance(each, ast.Assign) for t in each.targets]
    defined += [each.target.id for each in body if isinstance(each, ast.AnnAssign)]
    return [name for name in defined if not name.startswith("_")]


# TensorFlow: tensors.


def test_a_tensor_has_a_number_that_no_other_has_and_later_ones_have_larger_ones():
    tensors = [tf.constant(0.0) for _ in range(3)]
    numbers = [tensorflow_internals.tensor_id(tensor) for tensor in tensors]
    assert numbers == sorted(set(numbers))
    assert numbers == [tensorflow_internals.tensor_id(tensor) for tensor in tensors]
    # Nor does a tensor get the number of one that is gone.
    assert len({tensorflow_internals.tensor_id(tf.constant(0.0)) for _ in range(20)}) == 20


@pytest.mark.parametrize("shape", [(), (2, 3), (0, 4)])
def test_a_tensors_shape_dtype_and_size_are_known(shape):
    tensor = tf.zeros(shape, tf.bfloat16)
    assert tensorflow_internals.known_shape(tensor) == shape
    assert tensorflow_internals.dtype_number(tensor) == tf.bfloat16.as_datatype_enum
    assert tensorflow_internals.count_of_elements(tensor) == int(np.prod(shape))


def test_a_tensor_that_holds_numbers_is_told_from_one_of_a_traced_function():
    outside, seen = tf.constant(1.0), []

    @tf.function
    def function(x):
        seen.append((x, x + outside))
        return x

    function(tf.constant(2.0))
    [(argument, made)] = seen
    assert tensorflow_internals.has_run(outside) and isinstance(outside, tensorflow_internals.EagerTensor)
    assert not tensorflow_internals.has_run(argument)
    assert not isinstance(argument, tensorflow_internals.EagerTensor)
    inside, taken = tensorflow_internals.captures_of(made.graph)
    [(key, inner)] = inside.items()
    assert taken[key] is outside
    assert inner is made.op.inputs[1]


def test_what_a_function_takes_from_outside_comes_last():
    outside, seen = [tf.fill([200], float(number)) for number in range(3)], []

    @tf.function
    def function():
        for each in outside:
            made = -each
            inside, taken = tensorflow_internals.captures_of(made.graph)
            last = next(reversed(inside))
            seen.append(inside[last] is made.op.inputs[0] and taken[last] is each)

    function.get_concrete_function()
    assert seen == [True, True, True]


def test_a_graph_that_is_no_function_takes_nothing_from_outside():
    assert tensorflow_internals.captures_of(tf.Graph()) == ({}, {})


def test_the_handle_of_a_variable_is_what_ops_that_read_it_are_given():
    variable = tf.Variable([1.0])
    [(kind, inputs, *_)] = seen_by_a_hook(variable.read_value)[:1]
    assert name_of(kind) == "ReadVariableOp"
    handle = tensorflow_internals.handle_of(variable)
    assert tensorflow_internals.tensor_id(inputs[0]) == tensorflow_internals.tensor_id(handle)


def test_the_dtype_behind_a_handle_is_the_variables_and_a_table_has_none():
    variable = tf.Variable([1.0], dtype=tf.float16)
    assert tensorflow_internals.dtype_behind(tensorflow_internals.handle_of(variable)) == tf.float16
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, -1)
    assert tensorflow_internals.dtype_behind(table.resource_handle) is None


# TensorFlow: ops and functions.


def test_the_registry_tells_what_an_op_takes():
    pack = tensorflow_internals.op_definition("Pack")
    assert (pack.input_arg[0].number_attr, pack.input_arg[0].type_attr) == ("N", "T")
    assert not pack.is_stateful
    assert tensorflow_internals.op_definition("RandomUniform").is_stateful
    assert (
        tensorflow_internals.op_definition("ReadVariableOp").input_arg[0].type == tf.resource.as_datatype_enum
    )
    assert tensorflow_internals.op_definition("NoSuchOp") is None


def test_a_function_called_as_a_graph_is_marked_and_its_definition_is_there():
    concrete = tf.function(lambda x: -tf.square(x)).get_concrete_function(tf.constant(1.0))
    ops = seen_by_a_hook(lambda: concrete(tf.constant(2.0)))
    called = [
        kind for kind, _, attributes, _ in ops if attributes[:1] == (tensorflow_internals.FUNCTION_CALLED,)
    ]
    [name] = map(name_of, called)
    nodes = [node.op for node in tensorflow_internals.function_definition(name).node_def]
    assert "Square" in nodes
    assert tensorflow_internals.function_definition("no such function") is None
    plain = seen_by_a_hook(lambda: tf.square(tf.constant(1.0)))
    assert all(attributes[:1] != (tensorflow_internals.FUNCTION_CALLED,) for _, _, attributes, _ in plain)


def test_ops_that_read_a_variable_are_told_from_those_that_assign():
    assert {"ReadVariableOp", "ResourceGather", "ResourceGatherNd"} <= tensorflow_internals.READ_ONLY_OPS
    kinds = {"AssignVariableOp", "AssignAddVariableOp", "ResourceScatterAdd", "ResourceApplyAdam"}
    assert not kinds & tensorflow_internals.READ_ONLY_OPS


def test_a_call_within_a_function_notes_which_handles_it_only_reads():
    read, written = tf.Variable(1.0), tf.Variable(1.0)

    @tf.function(autograph=False)
    def inner():
        written.assign_add(read)
        return read.read_value()

    graph = tf.function(lambda: [inner()]).get_concrete_function().graph
    [call] = [node for node in graph.as_graph_def().node if "PartitionedCall" in node.op]
    only_read = [call.input[place] for place in tensorflow_internals.inputs_only_read(call)]
    outside = {tensorflow_internals.tensor_id(tensorflow_internals.handle_of(v)): v for v in (read, written)}
    behind = {
        inner.op.name: outside[tensorflow_internals.tensor_id(outer)] for outer, inner in graph.captures
    }
    assert [behind[name] for name in only_read] == [read]


# TensorFlow: running ops, and seeing them run.


def seen_by_a_hook(run):
    """Return the ops that ran meanwhile: type, inputs, attributes, outputs."""
    seen = []

    def keep(kind, inputs, attributes, outputs, *_, **__):
        seen.append((kind, inputs, tuple(attributes or ()), tuple(outputs or ())))

    with op_hook(keep):
        run()
    return seen


def name_of(kind):
    return tf.compat.as_str(kind)


def seen_by_a_runner(run):
    """Return the names of what was handed to each of the functions that run ops."""
    seen = []

    def noting(name):
        original, place = tensorflow_internals.RUNNERS[name]

        def runner(*arguments):
            seen.append((name, name_of(arguments[place])))
            return original(*arguments)

        return runner

    for name in tensorflow_internals.RUNNERS:
        tensorflow_internals.replace_runner(name, noting(name))
    try:
        run()
    finally:
        for name, (original, _) in tensorflow_internals.RUNNERS.items():
            tensorflow_internals.replace_runner(name, original)
    return seen


FLOAT = ("T", tf.float32.as_datatype_enum)


@pytest.mark.parametrize(
    "run",
    [
        lambda x: tensorflow_internals.run_op("Square", 1, [x], FLOAT),
        lambda x: tensorflow_internals.run_where(x.device, "Square", 1, [x], FLOAT),
    ],
    ids=["run_op", "run_where"],
)
def test_an_op_is_run_unseen_by_hooks_and_tapes(run):
    x, made = tf.constant([3.0]), []
    with tf.GradientTape() as tape:
        tape.watch(x)
        assert seen_by_a_hook(lambda: made.extend(run(x))) == []
    assert made[0].numpy() == 9.0
    assert tape.gradient(made[0], x) is None


def test_an_op_that_fails_raises_what_tensorflow_raises_of_it():
    with pytest.raises(tf.errors.InvalidArgumentError):
        tensorflow_internals.run_op("Reshape", 1, [tf.zeros([3]), tf.constant([2])], (*FLOAT, "Tshape", 3))


def test_run_where_is_unseen_by_what_stands_in_for_the_runners():
    x = tf.constant([3.0])
    assert seen_by_a_runner(lambda: tensorflow_internals.run_where(x.device, "Square", 1, [x], FLOAT)) == []


def test_the_runners_are_given_every_op_and_function_with_its_name():
    x, w = tf.constant([3.0]), tf.Variable([1.0])
    concrete = tf.function(lambda x: -tf.square(x)).get_concrete_function(x)
    names = [name for _, name in seen_by_a_runner(lambda: (tf.square(x), w.assign(x), concrete(x)))]
    assert names[:2] == ["Square", "AssignVariableOp"]
    assert tensorflow_internals.function_definition(names[-1]) is not None
    assert seen_by_a_runner(lambda: None) == []
    with op_hook(lambda *_: None):  # with hooks, ops are run by another of them
        assert "Square" in [name for _, name in seen_by_a_runner(lambda: tf.square(x))]


def test_the_tape_takes_what_it_is_told_for_the_output_of_an_op():
    x, stated = tf.constant([3.0]), tf.constant([100.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        tensorflow_internals.record_gradient("Square", [x], FLOAT, [stated])
    assert tape.gradient(stated, x).numpy() == 6.0


def test_the_tape_calls_what_it_is_told_for_the_gradient_of_an_op():
    x = tf.constant([3.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        stated = tf.constant([5.0])
        tensorflow_internals.record_backward("Square", [stated], [x], lambda g: (7.0 * g,))
    assert tape.gradient(stated, x).numpy().tolist() == [7.0]


def test_a_hook_sees_each_op_of_its_thread_until_it_is_removed():
    seen = []

    def hook(kind, inputs, *_, graph=None, **__):
        seen.append((name_of(kind), len(inputs), graph))

    x = tf.constant([3.0])
    tensorflow_internals.add_hook(hook)
    tensorflow_internals.hooks_are_called(True)
    try:
        assert x + x is not None
        in_another = threading.Thread(target=lambda: tf.square(x))
        in_another.start()
        in_another.join()
    finally:
        tensorflow_internals.remove_hook(hook)
        tensorflow_internals.hooks_are_called(False)
    tf.square(x)
    assert seen == [("AddV2", 2, None)]


def test_hooks_are_called_though_that_of_another_thread_has_gone():
    def come_and_go():
        tensorflow_internals.add_hook(in_another)
        tensorflow_internals.remove_hook(in_another)

    def in_another(*_, **__):
        pass

    def hook(kind, *_, **__):
        seen.append(name_of(kind))

    seen, x = [], tf.constant([3.0])
    tensorflow_internals.add_hook(hook)
    try:
        other = threading.Thread(target=come_and_go)
        other.start()
        other.join()
        tensorflow_internals.hooks_are_called(True)
        # As Python runs what TensorFlow's fast path in C++ leaves to it; that path asks the thread itself.
        execute.execute("Square", 1, inputs=[x], attrs=FLOAT, ctx=context.context())
    finally:
        tensorflow_internals.remove_hook(hook)
        tensorflow_internals.hooks_are_called(False)
    assert seen == ["Square"]


def test_a_hook_sees_what_a_function_is_made_of_as_it_is_traced():
    graphs = []

    def keep(kind, *_, graph=None, **__):
        graphs.append((name_of(kind), graph))

    with op_hook(keep):
        tf.function(lambda x: -tf.square(x)).get_concrete_function(tf.constant(1.0))
    assert "Square" in [kind for kind, graph in graphs if graph is not None]


# TensorFlow: functions made by tf.function, tf.custom_gradient and AutoGraph.


def test_a_compiled_function_is_called_through_its_class(monkeypatch):
    function = tf.function(lambda x: x)
    assert isinstance(function, tensorflow_internals.CompiledFunction)
    monkeypatch.setattr(tensorflow_internals.CompiledFunction, "__call__", lambda self, x: "instead")
    assert function(tf.constant(1.0)) == "instead"


def test_whether_a_function_runs_eagerly_is_known():
    function = tf.function(lambda x: x)
    assert not tensorflow_internals.is_run_eagerly(function)
    tf.config.run_functions_eagerly(True)
    try:
        assert tensorflow_internals.is_run_eagerly(function)
    finally:
        tf.config.run_functions_eagerly(False)


def test_a_copy_that_was_never_traced_is_traced_once_more():
    traced = []
    function = tf.function(lambda x: (traced.append(1), x)[1])
    for _ in range(2):
        function(tf.constant(1.0))
    assert len(traced) == 1
    copy = tensorflow_internals.never_traced(function)
    assert copy(tf.constant(5.0)).numpy() == 5.0
    assert len(traced) == 2


def test_what_a_function_is_traced_with_is_on_the_stack():
    found = []

    @tf.function
    def function(x, y):
        frame = sys._getframe()
        while frame is not None:
            traced_with = tensorflow_internals.arguments_traced_with(frame)
            found.extend([] if traced_with is None else [traced_with])
            frame = frame.f_back
        return x + y

    one, other = tf.constant(1.0), tf.constant(2.0)
    function(one, y=other)
    given = [tensor for each in found for tensor in tf.nest.flatten(each) if tf.is_tensor(tensor)]
    assert any(tensor is one for tensor in given)
    assert any(tensor is other for tensor in given)


def test_a_function_with_a_gradient_of_its_own_is_noted_before_it_runs():
    order = []

    @tf.custom_gradient
    def own(x):
        order.append("runs")
        return x, lambda upstream: upstream

    with tensorflow_internals.custom_gradients_noted(lambda: order.append("noted")):
        own(tf.constant(1.0))
    own(tf.constant(1.0))
    assert order == ["noted", "runs", "runs"]


@tf.autograph.experimental.do_not_convert
def written_at():
    """Return file and line of the code that calls this: of this file, or what AutoGraph made of it."""
    return next(
        (frame.f_code.co_filename, frame.f_lineno)
        for frame in outwards(sys._getframe(1))
        if frame.f_code.co_filename == __file__
        or tensorflow_internals.AUTOGRAPH_FILE in frame.f_code.co_filename.replace(os.sep, "/")
    )


def test_map_fn_runs_what_was_written():
    files = []

    def function(x):
        files.append(written_at()[0])
        return x

    with tensorflow_internals.map_fn_as_written():
        tf.map_fn(function, tf.constant([1.0]))
    assert files == [__file__]
    tf.map_fn(function, tf.constant([1.0]))
    assert tensorflow_internals.AUTOGRAPH_FILE in files[1].replace(os.sep, "/")


def test_what_autograph_converted_is_known_with_its_lines():
    seen = []

    @tf.function
    def converted(x):
        seen.append(written_at())
        return x

    original = converted.python_function.__code__
    converted(tf.constant(1.0))
    [(filename, line)] = seen
    assert tensorflow_internals.AUTOGRAPH_FILE in filename.replace(os.sep, "/")
    [(code, lines)] = tensorflow_internals.converted_into(filename)
    assert code is original
    assert any(each is original for each in tensorflow_internals.converted())
    origins = [to.loc for at, to in lines.items() if (at.filename, at.lineno) == (filename, line)]
    assert [(origin.filename, origin.lineno) for origin in origins] == [
        (__file__, original.co_firstlineno + 2)
    ]
    assert tensorflow_internals.converted_into(__file__) == []


# TensorFlow: who asked for an op.


def stacks(run):
    """Return, for each op that ran, the files between it and this one, the innermost first."""
    found = []

    def keep(*_, **__):
        frame, files = sys._getframe(1), []
        while frame.f_code.co_filename != __file__:
            files.append(frame.f_code.co_filename.replace(os.sep, "/"))
            frame = frame.f_back
        found.append(files)

    with op_hook(keep):
        run()
    return found


X, Y = np.ones((3, 1), np.float32), np.ones(3, np.float32)

EXPRESSIONS = {
    "operator": lambda x, y: x - y,
    "reflected": lambda x, y: 1.0 - x,
    "comparison": lambda x, y: x > y,
    "power": lambda x, y: x**2,
    "matmul": lambda x, y: x @ tf.transpose(x),
    "math": lambda x, y: tf.maximum(tf.exp(x), tf.math.log(y)),
    "reduction": lambda x, y: tf.reduce_mean(x - y, axis=0),
    "where": lambda x, y: tf.where(x > 0, x, y),
    "clip": lambda x, y: tf.clip_by_value(x, 0.0, 1.0),
    "numpy": tf.experimental.numpy.add,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_between_an_expression_and_its_op_are_files_of_ops_alone(name):
    x, y = tf.constant(X), tf.constant(Y)
    found = stacks(lambda: EXPRESSIONS[name](x, y))
    assert found
    between = {file for files in found for file in files if "gradcheck/execution" not in file}
    assert [f for f in between if not any(part in f for part in tensorflow_internals.FILES_OF_OPS)] == []


def test_the_twin_a_gradient_stands_in_other_files():
    x = tf.constant(X)

    def run():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.square(x)
        tape.gradient(y, x)

    files = {file for each in stacks(run) for file in each}
    assert any(not any(part in file for part in tensorflow_internals.FILES_OF_OPS) for file in files)


def test_the_function_that_runs_an_op_holds_what_it_was_given_a_variable_too():
    found, variable, x = [], tf.Variable(Y), tf.constant(Y)

    def keep(*_, **__):
        frame = sys._getframe(1)
        while frame.f_code.co_filename != __file__:
            operands = tensorflow_internals.operands_of_op(frame)
            if operands is not None:
                found.append(list(operands))
            frame = frame.f_back

    with op_hook(keep):
        tf.raw_ops.Sub(x=variable, y=x)
    assert any(variable is each for operands in found for each in operands)
    assert tensorflow_internals.operands_of_op(sys._getframe()) is None


def test_an_op_of_a_traced_function_tells_where_it_was_made():
    def written(x):
        return tf.square(x)

    graph = tf.function(written).get_concrete_function(tf.constant(1.0)).graph
    [op] = [op for op in graph.get_operations() if op.type == "Square"]
    files = list(tensorflow_internals.files_that_made(op))
    assert __file__ in files
    assert "/tensorflow/python/" in files[0].replace(os.sep, "/")


def test_a_replica_is_known_and_so_is_what_started_it():
    found = []

    def step():
        replica = threading.current_thread()
        frames = [frame for each in sys._current_frames().values() for frame in outwards(each)]
        starting = [frame for frame in frames if tensorflow_internals.starts_replica(frame, replica)]
        found.append((tensorflow_internals.is_replica(replica), len(starting)))

    tf.distribute.MirroredStrategy(["/cpu:0"]).run(step)
    assert found == [(True, 1)]
    assert not tensorflow_internals.is_replica(threading.current_thread())


def test_the_first_replica_is_told_from_the_others_while_a_step_is_traced():
    firsts = []

    @tf.function
    def step():
        firsts.append(tensorflow_internals.is_first_replica(threading.current_thread()))

    tf.distribute.MirroredStrategy(["/cpu:0"]).run(step)
    assert firsts == [True]
    assert not tensorflow_internals.is_first_replica(threading.current_thread())


def outwards(frame):
    while frame is not None:
        yield frame
        frame = frame.f_back


# TensorFlow: random numbers.


@pytest.fixture
def _seeds_put_back():
    state, own = tensorflow_internals.seed_state(), tensorflow_internals.global_generator()
    keras_own = keras_internals.global_seed_generator()
    yield
    tensorflow_internals.set_seed_state(state)
    tensorflow_internals.forget_kernels()
    tf.random.set_global_generator(own)
    keras_internals.set_global_seed_generator(keras_own)


@pytest.mark.usefixtures("_seeds_put_back")
def test_the_state_of_the_seeds_can_be_had_and_put_back():
    tf.random.set_seed(5)
    assert tensorflow_internals.seed_state() == tensorflow_internals.seed_state_from(5)
    tf.random.normal([])
    state = tensorflow_internals.seed_state()
    assert state != tensorflow_internals.seed_state_from(5)
    drawn = tf.random.normal([3]).numpy()
    assert not np.array_equal(tf.random.normal([3]).numpy(), drawn)
    tensorflow_internals.set_seed_state(state)
    tensorflow_internals.forget_kernels()
    assert np.array_equal(tf.random.normal([3]).numpy(), drawn)


@pytest.mark.usefixtures("_seeds_put_back")
def test_a_state_where_no_seed_was_set_is_one_too():
    tensorflow_internals.set_seed_state((None, None))
    assert tensorflow_internals.seed_state() == (None, None)


@pytest.mark.usefixtures("_seeds_put_back")
def test_a_kernel_keeps_its_place_until_kernels_are_forgotten():
    def draw():
        return float(tf.random.uniform([], seed=3))

    tf.random.set_seed(random.randrange(10**6))
    first, second = draw(), draw()
    assert first != second
    tensorflow_internals.forget_kernels()
    assert draw() == first


@pytest.mark.usefixtures("_seeds_put_back")
def test_the_global_generator_is_none_until_it_is_made():
    tf.random.set_global_generator(None)
    assert tensorflow_internals.global_generator() is None
    made = tf.random.get_global_generator()
    assert tensorflow_internals.global_generator() is made


# Keras.


class Looks(keras.layers.Layer):
    """Notes the frames on the stack when it is built, and when it is called."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def build(self, shape):
        self.seen.append(("build", list(outwards(sys._getframe()))))

    def call(self, x):
        self.seen.append(("call", list(outwards(sys._getframe()))))
        return x


def test_a_layer_that_is_called_is_on_the_stack_and_so_is_its_making():
    layer = Looks()
    layer(tf.constant(X))
    assert [name for name, _ in layer.seen] == ["build", "call"]
    for name, frames in layer.seen:
        codes = [frame.f_code for frame in frames]
        calls = [frame for frame in frames if frame.f_code is keras_internals.LAYER_CALL]
        assert [keras_internals.layer_called(frame) is layer for frame in calls] == [True]
        assert (keras_internals.LAYER_BUILD in codes) == (name == "build")


@pytest.mark.usefixtures("_seeds_put_back")
def test_keras_draws_from_the_generator_that_it_is_given_or_makes_one():
    keras_internals.set_global_seed_generator(None)
    keras.random.normal([1])
    made = keras_internals.global_seed_generator()
    assert isinstance(made, keras.random.SeedGenerator)
    drawn = []
    for _ in range(2):
        keras_internals.set_global_seed_generator(keras.random.SeedGenerator(4))
        drawn.append(keras.random.normal([3]).numpy())
    assert np.array_equal(*drawn)
    assert not np.array_equal(drawn[0], keras.random.normal([3]).numpy())


def test_a_loss_of_keras_is_computed_in_files_of_losses():
    x = tf.constant(X)
    for loss in (keras.losses.MeanSquaredError(), keras.losses.binary_crossentropy):
        stack = [files for files in stacks(lambda loss=loss: loss(x + 1, x)) if files]
        assert any(part in file for file in stack[-1] for part in keras_internals.FILES_OF_LOSSES)


def test_between_a_function_of_keras_and_its_op_are_files_of_ops_alone():
    x, y = tf.constant(X), tf.constant(Y)
    known = keras_internals.FILES_OF_OPS + tensorflow_internals.FILES_OF_OPS
    found = stacks(lambda: (keras.ops.subtract(x, y), keras.ops.mean(keras.ops.square(x))))
    assert any(part in file for files in found for file in files for part in keras_internals.FILES_OF_OPS)
    between = {file for files in found for file in files if "gradcheck/execution" not in file}
    assert [file for file in between if not any(part in file for part in known)] == []


# Programs that are watched while they train.


def test_a_resource_without_a_name_is_nobody_elses_and_lives_in_a_function():
    handles = [
        tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name=tensorflow_internals.nameless())
        for _ in range(2)
    ]
    for value, handle in enumerate(handles):
        tf.raw_ops.AssignVariableOp(resource=handle, value=tf.cast(value, tf.float32))
    read = tf.function(lambda: tf.raw_ops.ReadVariableOp(resource=handles[1], dtype=tf.float32))
    assert read() == 1
    assert tf.raw_ops.ReadVariableOp(resource=handles[0], dtype=tf.float32) == 0
    handles.clear()
    assert read() == 1


def test_whether_a_tape_records_and_what_it_watches_is_known():
    watched, other = tf.constant(1.0), tf.constant(1.0)
    assert not tensorflow_internals.a_tape_records()
    with tf.GradientTape() as tape:
        tape.watch(watched)
        assert tensorflow_internals.a_tape_records()
        assert tensorflow_internals.a_tape_watches(2.0 * watched)
        assert not tensorflow_internals.a_tape_watches(2.0 * other)
    assert not tensorflow_internals.a_tape_watches(watched)


def test_a_method_of_tensors_can_be_stood_in_for(monkeypatch):
    kind = tensorflow_internals.class_of_eager_tensors("numpy")
    monkeypatch.setattr(kind, "numpy", lambda self: "stood in for")
    assert tf.constant(1.0).numpy() == "stood in for"


def test_autograph_leaves_alone_what_is_left_to_python():
    seen = []

    def stand_in():
        seen.append(sys._getframe().f_code.co_filename)
        return tf.constant(1.0)

    def calls():
        return stand_in()

    tf.function(calls).get_concrete_function()
    tensorflow_internals.leave_to_python(stand_in)
    assert tensorflow_internals.is_left_to_python(stand_in)
    tf.function(calls).get_concrete_function()
    assert ["autograph" in file for file in seen] == [True, False]


def test_a_layer_knows_the_layers_within():
    inner = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((2,)), inner])
    assert [each is inner for each in keras_internals.layers_within(model)].count(True) == 1


# typer and hypothesis.


def _refuse(text):
    raise ValueError("it is too small")


def test_what_is_wrong_with_an_option_is_said_without_what_typers_parser_calls_it():
    app = typer.Typer(cls=typer_internals.Commands)
    app.command(name="one")(lambda: None)

    @app.command(name="two")
    def two(value: str = typer.Option("1", parser=_refuse)):
        pass

    with pytest.raises(typer.BadParameter) as caught:
        app(["two", "--value", "0"], standalone_mode=False)
    assert caught.value.message == "it is too small"


def test_hypothesis_is_left_at_once_through_what_is_no_exception():
    seen = []

    def condition(number):
        seen.append(number)
        raise hypothesis_internals.LeavesEngine

    with pytest.raises(hypothesis_internals.LeavesEngine):
        find(st.integers(), condition, settings=settings(database=None))
    assert len(seen) == 1


def test_hypothesis_leaves_nothing_where_the_user_stands(monkeypatch, tmp_path):
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    with hypothesis_internals.nothing_left_behind():
        folder = storage_directory("examples", intent_to_write=False)
    kept = pathlib.Path(getattr(folder, "path", folder))  # older versions return the path itself
    assert pathlib.Path.cwd() not in kept.parents
    assert not kept.parent.exists()


def test_an_optimizer_knows_the_variables_that_it_was_built_for():
    optimizer, variables = keras.optimizers.SGD(), [keras.Variable(1.0), keras.Variable(2.0)]
    optimizer.build(variables)
    known = keras_internals.variables_of_optimizer(optimizer)
    assert [one is other for one, other in zip(known, variables, strict=True)] == [True, True]


def test_a_layer_knows_the_variables_that_it_made_itself_and_takes_another():
    inner, outer = keras.layers.Dense(1), keras.layers.Layer()
    inner.build((None, 2))
    outer.inner = inner
    made = outer.add_weight(shape=(3,), name="made")
    fixed = outer.add_weight(shape=(), trainable=False)
    keras_internals.track_variable(outer, given := keras.Variable(1.0))
    assert [id(each) for each in keras_internals.own_variables(outer)] == [id(made), id(given), id(fixed)]
    assert {id(each) for each in outer.trainable_variables} >= {id(made), id(given)}


def test_a_layers_variable_is_of_the_class_that_is_named_and_so_is_one_made_by_hand():
    made = keras.layers.Layer().add_weight(shape=())
    assert type(made) is keras_internals.LAYER_VARIABLE
    assert isinstance(keras.Variable(1.0), keras_internals.LAYER_VARIABLE)
    assert not isinstance(tf.Variable(1.0), keras_internals.LAYER_VARIABLE)


def test_a_layer_is_named_with_those_around_it_and_alone_where_no_path_is_kept():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="inner")], name="outer")
    named = keras_internals.path_of_layer(model.layers[0])
    assert named == getattr(model.layers[0], "path", "inner")
    assert keras_internals.path_of_layer(SimpleNamespace(name="alone")) == "alone"


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_a_model_knows_whether_it_was_compiled(name):
    library = pytest.importorskip(name)
    model = library.Sequential([library.Input((3,)), library.layers.Dense(1)])
    assert not keras_internals.is_compiled(model)
    model.compile("sgd", "mse")
    assert keras_internals.is_compiled(model)


# Random numbers.

DRAWS = {
    "tf.random.uniform": lambda: tf.random.uniform((3, 2)),
    "whole numbers of tf.random.uniform": lambda: tf.random.uniform((3, 2), 1, 5, tf.int32),
    "tf.random.normal": lambda: tf.random.normal((3, 2)),
    "tf.random.truncated_normal": lambda: tf.random.truncated_normal((3, 2)),
    "tf.random.stateless_uniform": lambda: tf.random.stateless_uniform((3, 2), (1, 2)),
    "tf.random.stateless_normal": lambda: tf.random.stateless_normal((3, 2), (1, 2)),
    "whole stateless numbers": lambda: tf.random.stateless_uniform((3, 2), (1, 2), 1, 5, tf.int32),
    "tf.random.Generator.uniform": lambda: tf.random.Generator.from_seed(1).uniform((3, 2)),
    "tf.random.Generator.normal": lambda: tf.random.Generator.from_seed(1).normal((3, 2)),
    "tf.nn.dropout": lambda: tf.nn.dropout(tf.ones((3, 2)), 0.5),
    "keras.random.normal": lambda: keras.random.normal((3, 2)),
    "keras.random.uniform": lambda: keras.random.uniform((3, 2)),
    "keras.random.truncated_normal": lambda: keras.random.truncated_normal((3, 2)),
    "keras.layers.Dropout": lambda: keras.layers.Dropout(0.5)(tf.ones((3, 2)), training=True),
    "keras.layers.GaussianNoise": lambda: keras.layers.GaussianNoise(0.5)(tf.ones((3, 2)), training=True),
}


@pytest.mark.parametrize("name", DRAWS)
def test_all_public_ways_to_draw_go_through_what_can_be_replaced(name):
    drawn = []

    def draw(kind, shape, dtype, low, high):
        drawn.append(kind)
        return tf.fill(shape, tf.constant(0.75, dtype) if low is None else tf.convert_to_tensor(low))

    original = DRAWS[name]()
    with random_internals.draws_replaced(draw):
        replaced = DRAWS[name]()
    assert drawn
    assert replaced.shape == original.shape and replaced.dtype == original.dtype
    assert len(np.unique(replaced)) == 1
    times = len(drawn)
    DRAWS[name]()
    assert len(drawn) == times  # afterwards everything draws as before


def test_the_files_of_tensorflow_are_told_by_their_path():
    code = tf.GradientTape.gradient.__code__
    assert tensorflow_internals.FILES_OF_TENSORFLOW in code.co_filename
    assert tensorflow_internals.FILES_OF_TENSORFLOW not in __file__


def test_a_step_of_fit_holds_what_it_is_given():
    def step(x, y):
        return keras_internals.given_to_step(sys._getframe())

    assert step(1, 2) == {"x": 1, "y": 2}


def test_a_step_of_fit_is_told_by_its_code():
    seen = []

    class Watched(keras.layers.Layer):
        def call(self, x):
            frame = sys._getframe()
            while frame is not None:
                seen.append(keras_internals.is_step_of_fit(frame))
                frame = frame.f_back
            return x

    model = keras.Sequential([keras.Input((1,)), Watched(), keras.layers.Dense(1)])
    seen.clear()
    model.compile("sgd", "mse", run_eagerly=True)
    model.predict(np.ones((2, 1)), verbose=0)
    assert not any(seen)
    model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
    assert any(seen)


def test_the_owner_of_a_method_is_known_and_whether_it_is_gone():
    class Agent:
        @tf.function
        def loss(self, x):
            return x

    agent = Agent()
    method = agent.loss
    assert method_internals.owner_of(method) == (agent,)
    assert method_internals.owner_of(tf.function(lambda x: x)) is None
    assert method_internals.owner_of(agent) is None
    del agent
    gc.collect()
    assert method_internals.owner_of(method) == (None,)

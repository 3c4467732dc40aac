"""The one table of what is known of each type of op: that it holds, and that it is the only one."""

import ast
import dataclasses
import functools
import pathlib
import runpy

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.tensorflow_internals import op_definition
from gradcheck.program import ops
from gradcheck.program.ops import table
from gradcheck.program.ops.op_type import OpType

PACKAGE = pathlib.Path(gradcheck.__file__).parent


def unknown(entries):
    """Return the names of those that TensorFlow does not know."""
    return [op.name for op in entries if (_function(op) if op.composite else op_definition(op.name)) is None]


def _function(op):
    return functools.reduce(lambda module, name: getattr(module, name, None), op.function.split("."), tf)


def test_every_op_in_the_table_is_one_of_tensorflows():
    assert unknown(table.TABLE) == []


@pytest.mark.parametrize("name", ["Minimun", "reduce_sum", ""])
def test_the_twin_a_misspelt_name_is_seen(name):
    assert unknown([*table.TABLE, OpType(name, "unary")]) == [name]


def test_every_function_in_the_table_is_one_of_tensorflows():
    assert [op.name for op in table.TABLE if op.functions and _function(op) is None] == []
    assert _function(OpType("Log", "unary", ("log",))) is None  # the twin: its module is left out


def test_no_op_has_two_entries_and_none_refers_to_one_that_is_missing():
    assert len(ops.OPS) == len(table.TABLE)
    named = {name for op in table.TABLE for name in (op.opposite, op.sum_or_mean) if name}
    assert named <= ops.OPS.keys()
    for op in (each for each in table.TABLE if each.opposite):
        back = ops.OPS[ops.OPS[op.opposite].opposite]
        assert (back.operator, back.functions) == (op.operator, op.functions)


def test_to_add_an_op_is_to_add_an_entry(monkeypatch):
    added = OpType("Cosh", "unary", ("cosh",), "math", even=True)
    monkeypatch.setattr(table, "TABLE", (*table.TABLE, added))
    everything = runpy.run_path(ops.__file__)
    assert everything["UNARY"] == ops.UNARY | {"Cosh"}
    assert everything["EVEN"] == ops.EVEN | {"Cosh"}
    assert everything["OPS"]["Cosh"].written == "tf.math.cosh"


def test_every_fact_is_asked_for_by_somebody():
    asked = pathlib.Path(ops.__file__).read_text() + "".join(
        path.read_text() for path in PACKAGE.rglob("*.py") if "OPS" in path.read_text()
    )
    facts = [field.name for field in dataclasses.fields(OpType) if field.name not in ("name", "composite")]
    assert [fact for fact in facts if f".{fact}" not in asked] == []


# There is no other table.

OTHER_TABLES = {
    "execution/ops/direct_gradients.py": "gradients of ours, by op",
    "execution/ops/float64_kernels.py": "kernels of ours, by op",
    "execution/replay/edit_ops.py": "functions of TensorFlow's that an edit calls, by op",
    "program/accidental_broadcast.py": "the ops that its own rules have branches for",
    "explanation/handed_back.py": "how each hands back what is known of its result",
    "explanation/shares.py": "rules of ours for what an op adds to a sum, by op",
    "program/ops/__init__.py": "words in the names of families of ops",
    "program/ops/table.py": "the table",
}


def tables(source):
    """Return the literals that list several types of ops."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Set | ast.Tuple | ast.List | ast.Dict) and len(_ops_in(node)) > 2
    ]


def _ops_in(node):
    members = node.keys if isinstance(node, ast.Dict) else node.elts
    texts = [each.value for each in members if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return [text for text in texts if text and op_definition(text) is not None]


def test_nobody_else_lists_types_of_ops():
    found = {str(path.relative_to(PACKAGE)): tables(path.read_text()) for path in PACKAGE.rglob("*.py")}
    assert {path: lists for path, lists in found.items() if lists and path not in OTHER_TABLES} == {}


@pytest.mark.parametrize(
    "planted", ['{"Sum", "Mean", "Max"}', '("Add", "AddV2", "Sub")', '{"Log": 0, "Sqrt": 0, "Pow": 0}']
)
def test_the_twin_another_list_is_seen(planted):
    assert tables(f"X = {planted}")


# What it says is so.

NUMBERS = tf.constant([-1.5, -0.25, 0.0, 0.5, 2.0])


def is_even(function):
    return np.allclose(function(-NUMBERS), function(NUMBERS))


def is_homogeneous(function):
    given, scaled = function(NUMBERS).numpy(), function(4 * NUMBERS).numpy()
    return np.allclose(scaled, 4 * given) or np.allclose(scaled, given)


@pytest.mark.parametrize("op", [op for op in table.TABLE if op.kind == "unary"], ids=lambda op: op.name)
def test_what_a_sign_and_a_factor_do_to_a_function_of_one_operand(op):
    function = _function(op)
    assert is_even(function) == op.even
    assert is_homogeneous(function) == op.homogeneous


@pytest.mark.parametrize("name", sorted(ops.ELEMENTWISE))
def test_operands_that_are_broadcast_are_broadcast(name):
    dtype = tf.bool if ops.OPS[name].kind == "logical" else tf.float32
    operands = tf.ones((3, 1), dtype), tf.ones(3, dtype)
    function = _function(ops.OPS[name])
    made = function(tf.ones((3, 1), tf.bool), *operands) if name == "SelectV2" else function(*operands)
    assert made.shape == (3, 3)


@pytest.mark.parametrize("name", sorted(ops.POLES))
def test_at_a_pole_the_value_or_the_derivative_is_not_finite(name):
    x = tf.constant(-1.0 if name == "Log1p" else 0.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        operands = [tf.constant(0.5), tf.constant(0.5)] if ops.OPS[name].kind == "arithmetic" else [x]
        operands[ops.POLES[name]] = x
        y = _function(ops.OPS[name])(*operands)
    assert not np.isfinite([y.numpy(), tape.gradient(y, x).numpy()]).all()


@pytest.mark.parametrize("name", sorted(ops.ASK_FOR_SHAPE))
def test_what_asks_for_a_shape_has_no_gradient(name):
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(_function(ops.OPS[name])(*([[x]] if name == "ShapeN" else [x])), tf.float32)
    gradient = tape.gradient(y, x)
    assert gradient is None or not gradient.numpy().any()

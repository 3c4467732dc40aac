"""Gradients of ours, against those of TensorFlow."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf

from gradcheck import Case
from gradcheck.execution.ops import direct_gradients
from gradcheck.execution.ops.direct_gradients import direct_gradient
from gradcheck.execution.replay.exact import exact_replay
from gradcheck.execution.replay.float64_gradients import float64_gradients
from gradcheck.execution.run.pair import run_pair

RANDOM = np.random.default_rng(0)
A, B, SQUARE = (tf.constant(RANDOM.normal(size=size)) for size in ((3, 4), (3, 4), (4, 4)))
BIAS = tf.constant(RANDOM.normal(size=4))
OPS = {
    "AddV2": (tf.add, [A, B]),
    "BiasAdd": (tf.nn.bias_add, [A, BIAS]),
    "Identity": (tf.identity, [A]),
    "Log": (tf.math.log, [tf.abs(A)]),
    "MatMul": (tf.matmul, [A, SQUARE]),
    "Mean": (tf.reduce_mean, [A, tf.constant([-1])]),
    "Mul": (tf.multiply, [A, B]),
    "Neg": (tf.negative, [A]),
    "Pack": (lambda *values: tf.stack(values), [A, B]),
    "Relu": (tf.nn.relu, [A]),
    "Reshape": (tf.reshape, [A, tf.constant([2, 6])]),
    "Sigmoid": (tf.sigmoid, [A]),
    "Softmax": (tf.nn.softmax, [A]),
    "Split": (lambda axis, value: tf.split(value, 2, axis), [tf.constant(1), A]),
    "Square": (tf.square, [A]),
    "StridedSlice": (tf.strided_slice, [A, tf.constant([0, 1]), tf.constant([3, 4]), tf.constant([2, 1])]),
    "Sub": (tf.subtract, [A, B]),
    "Sum": (tf.reduce_sum, [A, tf.constant(0)]),
    "Tanh": (tf.tanh, [A]),
}


@pytest.mark.parametrize("kind", OPS)
def test_a_gradient_is_that_of_tensorflow(kind):
    call, inputs = OPS[kind]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([each for each in inputs if each.dtype.is_floating])
        made = call(*inputs)
        outputs = made if isinstance(made, list) else [made]
        weights = [tf.constant(RANDOM.normal(size=one.shape)) for one in outputs]
        loss = tf.add_n([tf.reduce_sum(w * one) for w, one in zip(weights, outputs, strict=True)])
        backward = direct_gradient(kind, inputs, outputs, {}, {})
    for own, given in zip(backward(*weights), tape.gradient(loss, inputs), strict=True):
        assert (own is None) is (given is None)
        if own is not None:
            np.testing.assert_allclose(own.numpy(), given.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "attributes", "call", "inputs"),
    [
        ("Pack", {"axis": -1}, lambda *values: tf.stack(values, -1), [A, B]),
        (
            "StridedSlice",
            {"begin_mask": 1, "shrink_axis_mask": 2},
            lambda *given: tf.strided_slice(*given, begin_mask=1, shrink_axis_mask=2),
            [A, tf.constant([1, 2]), tf.constant([2, 3]), tf.constant([1, 1])],
        ),
    ],
)
def test_the_attributes_of_an_op_count(kind, attributes, call, inputs):
    with tf.GradientTape() as tape:
        tape.watch(A)
        made = call(*inputs)
    weight = tf.constant(RANDOM.normal(size=made.shape))
    expected = tape.gradient(made, A, weight)
    found = direct_gradient(kind, inputs, [made], attributes, {})(weight)[0]
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-12)
    other = direct_gradient(kind, inputs, [made], {}, {})
    with contextlib.suppress(tf.errors.OpError):
        assert not np.array_equal(other(weight)[0].numpy(), expected.numpy())


def test_all_of_them_are_tried():
    assert set(OPS) == set(direct_gradients._GRADIENTS)


@pytest.mark.parametrize("kind", ["Mean", "Sum"])
@pytest.mark.parametrize("axes", [[], [0], [-1], [0, -1], [1, 0, 2]])
def test_whichever_axes_are_reduced(kind, axes):
    call, _ = OPS[kind]
    x, axis = tf.reshape(A, (3, 2, 2)), tf.constant(axes, tf.int32)
    for keepdims in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(x)
            made = call(x, axis, keepdims=keepdims)
        weight = tf.constant(RANDOM.normal(size=made.shape))
        found = direct_gradient(kind, [x, axis], [made], {}, {})(weight)[0]
        np.testing.assert_array_equal(found.numpy(), tape.gradient(made, x, weight).numpy())


@pytest.mark.parametrize("kind", ["AddV2", "Mul", "Sub"])
@pytest.mark.parametrize("swapped", [False, True])
def test_what_is_broadcast_is_left_to_tensorflow_where_its_gradient_is_asked_for(kind, swapped):
    call, _ = OPS[kind]
    inputs = [BIAS, A] if swapped else [A, BIAS]
    for watched, ours in ((A, True), (BIAS, False)):
        with tf.GradientTape() as tape:
            tape.watch(watched)
            made = call(*inputs)
            backward = direct_gradient(kind, inputs, [made], {}, {})
        assert (backward is not None) is ours
        if backward is not None:
            weight = tf.constant(RANDOM.normal(size=made.shape))
            found = backward(weight)
            assert found[swapped - 1] is None
            np.testing.assert_array_equal(found[swapped], tape.gradient(made, A, weight).numpy())


def test_what_is_not_in_float64_is_left_to_tensorflow():
    x = tf.constant([1.0])
    assert direct_gradient("Neg", [x], [-x], {}, {}) is None


def test_sparse_gradients_are_made_dense():
    rows = tf.IndexedSlices(A[:1], tf.constant([2]), tf.constant([3, 4]))
    backward = direct_gradient("Neg", [A], [-A], {}, {})
    expected = np.zeros((3, 4))
    expected[2] = -A[0]
    np.testing.assert_array_equal(backward(rows)[0].numpy(), expected)


def test_a_wrong_gradient_of_ours_changes_nothing(monkeypatch):
    w = tf.Variable(np.float32([[0.3, -0.2], [0.1, 0.5]]), name="w")

    def loss(x):
        return tf.reduce_sum(tf.tanh(x @ w))

    pair = run_pair(Case(reference=loss, candidate=loss, batch={"x": np.float32([[1, 2]])}, variables=[w]), 0)
    right = float64_gradients(pair.runs[1])
    wrong = {**direct_gradients._GRADIENTS, "Tanh": lambda *_: lambda g: (g,)}
    monkeypatch.setattr(direct_gradients, "_GRADIENTS", wrong)
    assert exact_replay(pair.runs[1].recording, pair.runs[1].start).gradients[0][0, 0] == 1
    found = float64_gradients(pair.runs[1])
    np.testing.assert_allclose(found.gradients, right.gradients, rtol=1e-12)
    np.testing.assert_allclose(found.off, right.off, rtol=1e-6)

"""What is tried does not broadcast thousands of samples against each other."""

import ast

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.ops.operands import input_names
from gradcheck.execution.ops.sizes import size_given, sizes_up
from gradcheck.execution.run.known_sizes import KnownSizes, TooLargeError
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.trials import Trials
from gradcheck.source import function_at

N = 20_000


def case(candidate, reference, n=N):
    draw = np.random.default_rng(0)
    batch = {name: draw.normal(size=(n, width)).astype("float32") for name, width in (("x", 3), ("y", 1))}
    w = tf.Variable(draw.normal(size=(3,)).astype("float32"), name="w")
    return gradcheck.Case(
        reference=lambda x, y: reference(tf.linalg.matvec(x, w), y),
        candidate=lambda x, y: candidate(tf.linalg.matvec(x, w), y),
        batch=batch,
        variables=[w],
    )


def right(scores, y):
    return tf.reduce_mean(tf.square(scores - y[:, 0]))


def wrong(scores, y):
    return tf.reduce_mean(tf.square(scores + y[:, 0]) / 3.0)


def recordings(n):
    return [run.recording for run in run_pair(case(wrong, right, n), 0).runs]


def test_samples_are_not_broadcast_against_each_other_where_they_are_many():
    rows = np.ones(N, "float32")
    with KnownSizes(recordings(N)).kept():
        assert (tf.constant(rows) * 2.0 - rows).shape == (N,)
        with pytest.raises(TooLargeError, match="Sub would give 400000000 numbers"):
            _ = tf.constant(rows)[:, None] - rows


@pytest.mark.parametrize("n", [1, 2, 500])
def test_few_may_be(n):
    rows = np.ones(n, "float32")
    with KnownSizes(recordings(n)).kept():
        assert (tf.constant(rows)[:, None] - rows).shape == (n, n)


def test_shapes_that_do_not_go_together_are_left_to_tensorflow():
    with KnownSizes(recordings(N)).kept(), pytest.raises(tf.errors.InvalidArgumentError):
        _ = tf.ones(N) - tf.ones(N - 1)


def test_nor_are_a_few_hundred_along_three_axes():
    rows = tf.ones(300)
    with KnownSizes(recordings(300)).kept():
        pairs = rows[:, None] * rows
        with pytest.raises(TooLargeError, match="Mul would give 27000000 numbers"):
            _ = rows[:, None, None] * pairs


@pytest.mark.parametrize(
    "rows", [tf.Variable(np.ones(N, "float32")), np.ones(N, "float32"), tf.Variable(np.ones(N), shape=[None])]
)
def test_whatever_the_operands_are(rows):
    column = tf.constant(np.ones((N, 1), rows.dtype if isinstance(rows, np.ndarray) else rows.dtype.name))
    with KnownSizes(recordings(N)).kept():
        assert (rows + tf.constant(1, column.dtype)).shape == (N,)
        with pytest.raises(TooLargeError, match="AddV2 would give 400000000 numbers"):
            _ = column + rows


def test_nor_is_what_gets_another_axis_in_each_round():
    made = rows = tf.ones(8)
    with KnownSizes(recordings(8)).kept(), pytest.raises(TooLargeError):
        for _ in range(7):  # TensorFlow broadcasts no more axes: 8 * 8 ** 7 numbers take 64 MiB
            made = made[..., None] * rows


@pytest.mark.parametrize(("n", "runs"), [(50, False), (N, None)])
def test_a_change_that_broadcasts_a_large_batch_against_itself_is_not_run(n, runs):
    pair = run_pair(case(wrong, right, n), 0)
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    column = next(one for one in ast.walk(function_at(wrong.__code__)) if isinstance(one, ast.Subscript))
    with trials.started() as world:
        assert trials.may_be_right(world, [(wrong.__code__.co_filename, column, "y")]) is runs
        assert trials.may_be_right(world, [(wrong.__code__.co_filename, column, "-y[:, 0]")]) is False


@pytest.mark.parametrize(
    ("many", "few"),
    [
        (lambda n: tf.zeros((n, n)), tf.zeros),
        (lambda n: tf.range(n * n), tf.range),
        (lambda n: tf.range(0.0, 1.0, 1e-9), lambda n: tf.range(0.0, n, 0.5)),
        (lambda n: tf.range(0.0, float("inf")), lambda n: tf.range(0.0, 2.0 * n)),
        (lambda n: tf.one_hot(tf.range(n), n), lambda n: tf.one_hot(tf.range(n), 3)),
        (lambda n: tf.tile(tf.ones(n), [n]), lambda n: tf.tile(tf.ones(n), [3])),
        (lambda n: tf.broadcast_to(tf.ones(n), (n, n)), lambda n: tf.broadcast_to(1.0, (n,))),
        (lambda n: tf.split(tf.ones(n), n * n), lambda n: tf.split(tf.ones(n), 4)),
        (lambda n: tf.linspace(0.0, 1.0, n * n), lambda n: tf.linspace(0.0, 1.0, n)),
        (lambda n: tf.random.normal((n, n)), lambda n: tf.Variable(tf.random.normal((n,)))),
        (lambda n: tf.ones((n, 3)) @ tf.ones((3, n)), lambda n: tf.ones((3, n)) @ tf.ones((n, 3))),
        (
            lambda n: tf.matmul(tf.ones((n, 3)), tf.ones((n, 3)), transpose_b=True),
            lambda n: tf.matmul(tf.ones((n, 3)), tf.ones((n, 3)), transpose_a=True),
        ),
        (
            lambda n: tf.matmul(tf.ones((2, n, 3)), tf.ones((2, n, 3)), transpose_b=True),
            lambda n: tf.matmul(tf.ones((2, n, 3)), tf.ones((2, n, 3)), transpose_a=True),
        ),
    ],
)
def test_nothing_is_made_as_large_as_a_number_says(many, few):
    """A process that takes all memory is killed."""
    with KnownSizes(recordings(N)).kept():
        assert few(N) is not None
        with pytest.raises(TooLargeError):
            many(N)


def test_what_cannot_be_run_is_left_to_tensorflow():
    with KnownSizes(recordings(8)).kept():
        for wrong in (
            lambda: tf.ones((2, 3)) @ tf.ones(3),
            lambda: tf.range(0, 3, 0),
            lambda: tf.zeros("a"),
            lambda: tf.one_hot([1], "a"),  # an input like the name of an attribute
            lambda: tf.signal.rfft(tf.ones(4), "a"),
        ):
            with pytest.raises((tf.errors.InvalidArgumentError, TypeError, ValueError)):
                wrong()


SIZED = (
    "BroadcastTo",
    "Fill",
    "LinSpace",
    "MatMul",
    "BatchMatMulV2",
    "OneHot",
    "RandomStandardNormal",
    "Range",
)


def test_what_gives_as_many_as_there_were_is_not_asked():
    assert not any(map(sizes_up, ("Reshape", "Transpose", "StridedSlice", "GatherV2", "Mean")))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists, max_leaves=6
)


@hypothesis.given(st.sampled_from((*SIZED, "Split", "Tile")), st.data())
def test_whatever_an_op_is_given_there_is_a_size(kind, data):
    """A guard that raises would take what is tried for our own mistake."""
    assert sizes_up(kind)
    count = len(input_names(kind))
    inputs = data.draw(st.lists(ANYTHING, min_size=count, max_size=count))
    for operands in (
        (None, *inputs, "T", tf.float32),
        (inputs, ("T", 1), 1),
        (data.draw(st.lists(ANYTHING)), (), 1),
    ):
        assert isinstance(size_given(kind, operands), int | float)

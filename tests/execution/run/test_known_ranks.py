"""What is tried gives no fragile op what it was not given before: TensorFlow may end the process."""

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.run.known_ranks import HarmfulNumberError, KnownRanks, OtherRankError
from gradcheck.execution.run.pair import run_pair
from gradcheck.program.places import place_of
from gradcheck.repair.language import OWN, Edit, call

X = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")


@pytest.fixture(scope="module")
def run():
    w = tf.Variable(np.full((3, 3, 3, 2), 0.1, "float32"), name="w")

    def loss(x):
        return tf.reduce_mean(tf.square(tf.nn.conv2d(tf.tanh(x), w, 1, "SAME")))

    case = gradcheck.Case(reference=loss, candidate=loss, batch={"x": X}, variables=[w])
    return run_pair(case, 0).runs[1]


def convolved(image):
    return tf.nn.conv2d(image, np.ones((3, 3, 3, 2), "float32"), 1, "SAME")


def test_a_convolution_runs_on_the_ranks_that_it_had_and_on_no_others(run):
    ranks = KnownRanks([run.recording])
    with ranks.kept():
        assert convolved(X).shape == (2, 4, 4, 2)
        assert tf.nn.max_pool2d(X, 2, 1, "SAME").shape == X.shape  # none was recorded: nothing is known
    with ranks.kept(), pytest.raises(OtherRankError, match="Conv2D of tensors of ranks"):
        convolved(X[0])


def test_a_transposed_convolution_is_told_its_shape_as_a_list_of_numbers():
    image, filters = np.ones((2, 4, 4, 2), "float32"), np.ones((3, 3, 3, 2), "float32")

    def enlarged(image, shape):
        return tf.nn.conv2d_transpose(image, filters, shape, 1, "SAME")

    with KnownRanks([recording_of(lambda x: tf.reduce_sum(enlarged(image, [2, 4, 4, 3]) + x))]).kept():
        assert enlarged(image, [2, 4, 4, 3]).shape == (2, 4, 4, 3)
        with pytest.raises(OtherRankError, match="Conv2DBackpropInput"):
            enlarged(image[0], [4, 4, 3])


@pytest.mark.parametrize(("expression", "runs"), [(OWN, True), (call("negative", OWN), True), (None, False)])
def test_an_edit_by_which_a_convolution_would_have_another_rank_is_not_run(run, expression, runs):
    (op,) = [one for one in run.recording.ops if one.type == "Tanh"]
    edit = Edit(place_of(op), expression or call("reduce_sum", OWN, axis=0))
    assert (edited_replay(run.recording, run.start, [edit]) is not None) == runs


def test_a_product_of_unequal_batches_is_run_only_if_one_was(run):
    one, other, like = (
        np.ones((4, 5, 3), "float32"),
        np.ones((3, 2), "float32"),
        np.ones((4, 3, 2), "float32"),
    )
    with KnownRanks([run.recording]).kept():
        assert tf.matmul(one, like).shape == (4, 5, 2)
        assert tf.matmul(one[0], other).shape == (5, 2)
        with pytest.raises(OtherRankError, match="BatchMatMul"):
            tf.matmul(one, other)
    with KnownRanks([recording_of(lambda x: tf.reduce_sum(x[0] @ other))]).kept():
        assert tf.matmul(one, other).shape == (4, 5, 2)


def recording_of(loss):
    return run_of(loss)[0]


def run_of(loss):
    w = tf.Variable(1.0, name="w")
    case = gradcheck.Case(candidate=lambda x: w * loss(x), reference=loss, batch={"x": X}, variables=[w])
    run = run_pair(case, 0).runs[1]
    return run.recording, run.start


def scattered(indices, updates):
    return tf.scatter_nd(indices, updates, [5])


def test_updates_are_scattered_with_the_ranks_that_they_had():
    indices, updates = [[0], [3]], np.ones(2, "float32")
    with KnownRanks(
        [recording_of(lambda x: tf.reduce_sum(scattered(indices, updates) * x[0, 0, 0, 0]))]
    ).kept():
        assert scattered(indices, updates).shape == (5,)
        with pytest.raises(OtherRankError, match="ScatterNd"):
            scattered(indices, updates[None])
    with KnownRanks([recording_of(lambda x: tf.reduce_sum(x[0]))]).kept():
        assert scattered(indices, updates).shape == (5,)  # as the gradient of a gathering may be


@pytest.mark.parametrize("length", [[0], np.array([0]), tf.constant([0])])
def test_no_fourier_transform_of_length_zero_is_run(run, length):
    signal = np.ones((2, 4), "float32")
    with KnownRanks([run.recording]).kept():
        assert tf.signal.rfft(signal, [4]).shape == (2, 3)
        with pytest.raises(HarmfulNumberError, match="RFFT of a number below 1"):
            tf.raw_ops.RFFT(input=signal, fft_length=length)


def test_nor_by_an_edit():
    def loss(x):
        length = tf.cast(tf.reduce_max(tf.ones_like(x)) * 3.0, tf.int32)
        return tf.reduce_sum(tf.abs(tf.raw_ops.RFFT(input=x, fft_length=length[None])))

    recording, start = run_of(loss)
    (op,) = [one for one in recording.ops if one.type == "Mul" and one.index < 6]
    for expression, runs in ((OWN, True), (call("subtract", OWN, OWN), False)):
        assert (edited_replay(recording, start, [Edit(place_of(op), expression)]) is not None) == runs


@pytest.mark.parametrize(
    "order", [[-1, 0], np.array([-1, 0]), tf.constant([1, -2]), [tf.constant(1), tf.constant(-2)]]
)
def test_axes_are_put_in_an_order_that_counts_them_from_the_start(run, order):
    with KnownRanks([run.recording]).kept():
        assert tf.transpose(X[0, 0], [1, 0]).shape == (3, 4)
        with pytest.raises(HarmfulNumberError, match="Transpose of a number below 0"):
            tf.transpose(X[0, 0], order)


@pytest.mark.parametrize("order", ["ij", [[1], [0, 1]], [1.5, 0.0], None])
def test_what_is_no_order_of_axes_is_left_to_tensorflow(run, order):
    with (
        KnownRanks([run.recording]).kept(),
        pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)),
    ):
        tf.raw_ops.Transpose(x=X[0, 0], perm=order)


@pytest.mark.skipif(tf.__version__ < "2.20", reason="the process would end")
def test_the_users_own_order_may_count_them_from_the_end():
    def loss(x):
        return tf.reduce_sum(tf.transpose(tf.tanh(x[0, 0]), [-1, 0]) * [[1.0, 2.0, 3.0, 4.0]])

    recording, start = run_of(loss)
    with KnownRanks([recording]).kept():
        assert loss(X).shape == ()
    (op,) = [one for one in recording.ops if one.type == "Tanh"]
    assert edited_replay(recording, start, [Edit(place_of(op), call("negative", OWN))]) is not None


def test_so_they_are_by_an_edit():
    def loss(x):
        first = tf.cast(tf.reduce_max(tf.ones_like(x)) * 1.0, tf.int32)
        return tf.reduce_sum(tf.transpose(x[0, 0], [first, 1 - first]) ** 2)

    recording, start = run_of(loss)
    op = next(one for one in recording.ops if one.type == "Sub")
    for expression, runs in ((OWN, True), (call("subtract", OWN, call("add", OWN, 2)), False)):
        assert (edited_replay(recording, start, [Edit(place_of(op), expression)]) is not None) == runs

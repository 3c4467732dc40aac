"""The whole batch as a graph, compiled by XLA, in another order, and recomputed."""

import linecache
import re

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from support.benches import numbers, of_loss, regression, row_of, run_in

POINTS = {"a": numbers(6, 3), "b": numbers(6, 3, seed=1)}
POINTS["b"][2] = POINTS["a"][2]


def squared_distance(w, a, b):
    return tf.reduce_sum(((a - b) @ w) ** 2, axis=1)


def distance(w, a, b):
    squared = squared_distance(w, a, b)
    return tf.reduce_mean(tf.where(squared > 0, tf.sqrt(squared), 0.0))


def harmless_distance(w, a, b):
    squared = squared_distance(w, a, b)
    inside = tf.where(squared > 0, squared, 1.0)
    return tf.reduce_mean(tf.where(squared > 0, tf.sqrt(inside), 0.0))


def mean_square(w, x, y):
    return tf.reduce_mean((y - tf.tanh(x @ w)) ** 2)


def test_a_smooth_loss_is_the_same_in_every_mode_on_one_device():
    rows = run_in(of_loss(mean_square, regression(), 3, 1))
    assert {row.verdict for row in rows.values()} <= {"same", "not_applicable", "not_run"}
    ran = [name for name, row in rows.items() if row.verdict == "same"]
    assert ran == [
        "eager",
        "function",
        "xla",
        "xla_any_batch",
        "permuted",
        "recompute",
        "micro_batches",
        "micro_batches_uneven",
    ]


def test_xla_multiplies_zero_by_the_infinite_slope_of_the_other_branch():
    rows = run_in(of_loss(distance, POINTS, 3, 3), "function", "xla")
    assert rows["function"].verdict == "same"
    assert rows["xla"].verdict == "different"
    assert "not finite: XLA multiplies 0 by inf: `tf.sqrt(squared)`" in rows["xla"].note
    assert "test_compiled_modes.py" in rows["xla"].note


def test_its_twin_with_a_harmless_input_is_the_same():
    assert row_of(of_loss(harmless_distance, POINTS, 3, 3), "xla").verdict == "same"


def function_with_a_factor(changes):
    factor = {"value": 2.0}

    def factory():
        w = tf.Variable(numbers(3, 1), name="w")
        compiled = tf.function(lambda x, y: factor["value"] * mean_square(w, x, y))
        batch = {name: tf.constant(array) for name, array in regression().items()}
        compiled(**batch)
        factor["value"] = 3.0 if changes else 2.0
        return gradcheck.Case(candidate=compiled, batch=batch, variables=[w])

    return factory


def test_a_function_whose_python_value_has_changed_is_stale():
    row = row_of(function_with_a_factor(changes=True), "compiled")
    assert row.verdict == "different"
    assert "0.6667 times the gradient" in row.note
    assert "a Python value that it captured when it was traced has changed since" in row.note
    assert "the constant is 2; the function run op by op agrees with 3" in row.note


class Cooled:
    """A method made by `tf.function`, with a number that may change after it was traced."""

    def __init__(self):
        self.w, self.heat = tf.Variable(numbers(3, 1), name="w"), 2.0

    @tf.function(jit_compile=True)
    def method(self, x, y):
        return self.heat * mean_square(self.w, x, y)


def method_with_a_number(cooled, changes):
    def factory():
        cooled[:] = [Cooled()]
        batch = {name: tf.constant(array) for name, array in regression().items()}
        cooled[0].method(**batch)
        cooled[0].heat = 3.0 if changes else 2.0
        return gradcheck.Case(candidate=cooled[0].method, batch=batch, variables=[cooled[0].w])

    return factory


def test_every_mode_that_runs_a_stale_function_names_what_it_may_have_kept():
    kept = []
    for row in run_in(method_with_a_number(kept, changes=True), "function", "compiled", "xla").values():
        assert row.verdict == "different"
        assert "when it was traced has changed since (`self.heat`, say)" in row.note


def test_its_twin_whose_number_stays_is_the_same():
    kept = []
    for row in run_in(method_with_a_number(kept, changes=False), "function", "compiled", "xla").values():
        assert row.verdict == "same"


def test_its_twin_whose_value_stays_is_not():
    assert row_of(function_with_a_factor(changes=False), "compiled").verdict == "same"


def dropped(x):
    return tf.nn.dropout(tf.tanh(x), 0.5)


@pytest.mark.parametrize(
    ("block", "verdict"),
    [
        (tf.recompute_grad(dropped), "different"),
        (tf.recompute_grad(tf.tanh), "same"),
        (dropped, "information"),
    ],
    ids=["dropout within recompute_grad", "no dropout within it", "dropout alone"],
)
def test_recomputation_draws_another_mask(block, verdict):
    def loss(w, x, y):
        return tf.reduce_mean((y - block(x @ w)) ** 2)

    row = row_of(of_loss(loss, regression(), 3, 8), "recompute")
    assert row.verdict == verdict
    assert ("dropout has another mask" in row.note) == (verdict != "same")


def test_that_the_order_of_samples_matters_is_information():
    def loss(w, x, y):
        weights = tf.linspace(0.1, 1.0, tf.shape(x)[0])[:, None]
        return tf.reduce_mean(weights * (y - x @ w) ** 2)

    row = row_of(of_loss(loss, regression(), 3, 1), "permuted")
    assert row.verdict == "information"
    assert "depends on the order of its samples" in row.note


def test_a_tie_that_rounding_tips_over_has_no_verdict():
    def loss(w, x):
        h = x @ w
        above = h > tf.reduce_mean(h, axis=1, keepdims=True)
        return tf.reduce_mean(tf.where(above, tf.sin(h), tf.cos(h)))

    # Equal steps along each row: the one in the middle is the mean, up to rounding.
    batch = {"x": np.linspace(-2, 2, 30).reshape(6, 5).astype("float32")}

    def factory():
        w = tf.Variable(np.eye(5, dtype="float32"), name="w")
        return gradcheck.Case(candidate=lambda x: loss(w, x), batch=batch, variables=[w])

    for name, row in run_in(factory, "eager", "function", "xla").items():
        assert row.verdict == "no_verdict", name
        assert "a tie" in row.note


@tf.custom_gradient
def rounded_straight_through(x):
    return tf.round(x), lambda upstream: upstream


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "same"), (1.001, "no_verdict"), (1.5, "different")])
def test_without_float64_a_small_difference_has_no_verdict(factor, verdict):
    def loss(w, x, y):
        scale = 1.0 if tf.executing_eagerly() else factor
        return scale * tf.reduce_mean((y - rounded_straight_through(4 * x @ w)) ** 2)

    rows = run_in(of_loss(loss, regression(), 3, 1), "eager", "function", "micro_batches")
    assert [row.verdict for row in rows.values()] == ["same", verdict, "same"]
    assert "hand-written (tf.custom_gradient)" in rows["eager"].note


def test_a_python_value_that_each_run_changes_is_not_taken_for_a_mode():
    baseline = {"value": 0.0}

    def loss(w, x, y):
        baseline["value"] += 0.1
        return tf.reduce_mean(((y - baseline["value"]) - tf.tanh(x @ w)) ** 2)

    for row in run_in(of_loss(loss, regression(), 3, 1), "permuted", "micro_batches").values():
        assert row.verdict == "no_verdict"
        assert row.note.startswith("run a second time from the same weights, it has another gradient")


def test_a_loss_that_cannot_be_traced_is_not_run():
    def loss(w, x, y):
        return tf.reduce_mean((y - x @ w) ** 2) * float(np.asarray(x).shape[0])

    row = row_of(of_loss(loss, regression(), 3, 1), "function")
    assert row.verdict == "not_run"
    assert not row.failed
    assert "as a graph, it raised" in row.note
    assert re.search(r"(?<!Error: )\b\w+Error: .*\(.*test_compiled_modes.py:\d+\)$", row.note)
    line = linecache.getline(__file__, int(re.search(r":(\d+)\)$", row.note)[1]))
    assert "np.asarray(x).shape[0]" in line


def test_a_gradient_that_is_zero_proves_nothing():
    def loss(w, x, y):
        return tf.reduce_mean(0.0 * (y - x @ w) ** 2)

    row = row_of(of_loss(loss, regression(), 3, 1), "function")
    assert row.verdict == "no_verdict"
    assert "nothing is proved" in row.note


def test_a_variable_that_is_zero_on_paper_decides_nothing():
    def factory():
        weights, shift = tf.Variable(numbers(3, 4), name="w"), tf.Variable([0.3], name="shift")

        def loss(x, y):
            logits = x @ weights + shift  # the same for all of them, which a softmax does not see
            return -tf.reduce_mean(y * tf.nn.log_softmax(logits))

        return gradcheck.Case(candidate=loss, batch=regression(), variables=[weights, shift])

    rows = run_in(factory, "eager", "function", "xla", "permuted", "micro_batches")
    assert {row.verdict for row in rows.values()} == {"same"}

"""Where a mode parts from the loss: `diff`, asked of the mode as a formulation."""

import keras
import pytest
import tensorflow as tf

from gradcheck.running.parting import Emulation, where_they_part
from support.benches import bench_of, compiled_model, of_loss, of_model, regression, row_of, run_in


def mean_square(w, x, y):
    return tf.reduce_mean((y - tf.tanh(x @ w)) ** 2)


def bounded_in_a_graph(w, x, y):
    errors = (y - tf.tanh(x @ w)) ** 2
    return tf.reduce_mean(errors if tf.executing_eagerly() else tf.minimum(errors, 0.5))


def test_what_only_a_graph_computes_is_placed():
    rows = run_in(of_loss(bounded_in_a_graph, regression(), 3, 1), "function", "xla")
    for row in rows.values():
        assert row.verdict == "different"
        assert "they part at `(y - tf.tanh(x @ w)) ** 2` (" in row.note
        assert "minimum stops the gradient" in row.note


def test_a_size_that_a_graph_does_not_know_is_placed():
    def loss(w, x, y):
        return tf.reduce_sum((x @ w - y) ** 2) / (x.shape[0] or 1)

    rows = run_in(of_loss(loss, regression(), 3, 1), "function", "xla_any_batch")
    assert rows["function"].verdict == "same"
    assert rows["xla_any_batch"].verdict == "different"
    assert (
        "they part at `tf.reduce_sum((x @ w - y) ** 2) / (x.shape[0] or 1)` (" in rows["xla_any_batch"].note
    )


def test_what_is_another_one_in_a_part_is_named():
    def by_position(w, x, y):
        weights = tf.linspace(0.1, 1.0, tf.shape(x)[0])[:, None]
        return tf.reduce_mean(weights * (y - x @ w) ** 2)

    row = row_of(of_loss(by_position, regression(), 3, 1), "micro_batches")
    assert row.verdict == "information"
    assert "`tf.linspace(0.1, 1.0, tf.shape(x)[0])` (" in row.note
    assert "is another one for a part alone than for the whole batch" in row.note


class Halving(keras.Sequential):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
            loss = loss * 0.5
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}


def model(kind):
    return of_model(
        lambda: compiled_model(lambda: [keras.layers.Dense(1, kernel_regularizer="l2")], kind=kind)
    )


@pytest.mark.usefixtures("four_times_the_work")
def test_the_line_of_a_train_step_is_named_with_its_repair():
    for row in run_in(model(Halving), "fit", "train_step").values():
        assert row.verdict == "different"
        assert "they part at `loss * 0.5` (" in row.note
        assert row.note.endswith("it agrees with `loss` there")


class Clipping(keras.Sequential):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply([tf.clip_by_norm(one, 0.1) for one in gradients], self.trainable_variables)
        return {"loss": loss}


def test_a_train_step_that_clips_what_it_took_is_no_fault():
    for row in run_in(model(Clipping), "fit", "accumulation").values():
        assert row.verdict == "information"
        assert row.note.endswith("makes the gradient smaller after taking it, as clipping does")


class SteppingTwice(keras.Sequential):
    def train_step(self, data):
        for _ in range(2):
            logs = super().train_step(data)
        return logs


class WithAnOptimizerOfItsOwn(keras.Sequential):
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        for variable, one in zip(
            self.trainable_variables, tape.gradient(loss, self.trainable_variables), strict=True
        ):
            variable.assign_sub(0.1 * one)
        return {"loss": loss}


def test_a_train_step_whose_steps_show_no_gradient_is_not_judged():
    said = {
        SteppingTwice: "its train_step makes the optimizer step 2 times, and not 1",
        WithAnOptimizerOfItsOwn: "does not apply gradients with the optimizer that the model was compiled with",
    }
    for kind, expected in said.items():
        row = row_of(model(kind), "fit")
        assert row.verdict == "not_run"
        assert expected in row.note


def test_nothing_is_said_of_a_gradient_that_the_emulation_does_not_give():
    bench = bench_of(of_loss(mean_square, regression(), 3, 1))
    doubled = Emulation(lambda **batch: 2 * bench.subject.loss(**batch), "twice", "once")
    given = [2 * one for one in bench.base.exact]
    said = where_they_part(bench, doubled, given)
    assert "`2 * bench.subject.loss(**batch)` makes something else of `bench.subject.loss(**batch)`" in said
    assert where_they_part(bench, doubled, [2 * one for one in given]) == ""
    assert where_they_part(bench, doubled, [-one for one in given]) == ""


def test_what_cannot_be_compared_is_not_placed():
    bench = bench_of(of_loss(mean_square, regression(), 3, 1))
    raising = Emulation(lambda **batch: 1 / 0, "raising", "the loss")
    assert where_they_part(bench, raising) == ""

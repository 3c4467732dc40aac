"""Half precision: by its own rounding, and what float16 loses without a loss scale."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from support.benches import compiled_model, numbers, of_loss, of_model, row_of, run_in

HALF = ("bfloat16", "float16", "float16_unscaled")


def dense(loss="mse"):
    return compiled_model(lambda: [keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)], loss)


def test_a_model_under_mixed_policies_is_the_same_up_to_their_rounding():
    before = keras.config.dtype_policy().name
    rows = run_in(of_model(dense), *HALF)
    assert {row.verdict for row in rows.values()} == {"same"}
    assert rows["bfloat16"].noise > 5 * rows["float16"].noise
    assert rows["bfloat16"].difference > 1e-4
    assert "with a loss scale of 2**" in rows["float16"].note
    # Both rows are compared with float64: without a scale it is no nearer to that than with one.
    assert rows["float16_unscaled"].difference > 0.5 * rows["float16"].difference > 0
    assert keras.config.dtype_policy().name == before


def tiny(factor):
    """A mean over so many numbers that the gradient of each is below the smallest float16."""

    def loss(y, predicted):
        return factor * tf.reduce_mean(tf.cast(tf.square(y - predicted), tf.float32))

    return loss


def test_a_gradient_that_underflows_is_found_by_a_loss_scale():
    rows = run_in(of_model(lambda: dense(tiny(1e-8))), "float16", "float16_unscaled")
    assert rows["float16"].verdict == "same"
    row = rows["float16_unscaled"]
    assert row.verdict == "different"
    assert row.note == "100 % of the elements underflow; they survive a loss scale of 2**12"


@pytest.mark.parametrize("factor", [1e-8, 1.0])
def test_float16_that_the_author_chose_is_run_as_it_is(factor):
    def loss(w, x):
        half = tf.cast(x, tf.float16) @ tf.cast(w, tf.float16)
        return factor * tf.reduce_mean(tf.cast(half, tf.float32) ** 2)

    rows = run_in(
        of_loss(loss, {"x": numbers(12, 3)}, 3, 1), "eager", "float16", "float16_unscaled", "bfloat16"
    )
    verdict = "different" if factor < 1 else "same"
    assert [rows[name].verdict for name in ("eager", "float16", "float16_unscaled")] == [
        verdict,
        "same",
        verdict,
    ]
    said = "of the elements underflow, from `tf.cast(half, tf.float32)` ("
    assert (said in rows["eager"].note) == (factor < 1)
    assert rows["bfloat16"].verdict == "not_applicable"


def test_what_overflows_in_float16_is_placed():
    def model():
        return compiled_model(
            lambda: [
                keras.layers.Dense(4),
                keras.layers.Lambda(lambda x: tf.square(x * 1000.0)),
                keras.layers.Dense(1),
            ]
        )

    for row in run_in(of_model(model), "float16", "float16_unscaled").values():
        assert row.verdict == "different"
        assert row.note.startswith("not finite: `tf.square(x * 1000.0)`")
        assert row.note.endswith("in float16")


def test_a_policy_that_no_layer_reads_changes_nothing():
    def loss(w, x):
        return tf.reduce_mean((x @ w) ** 2)

    row = row_of(of_loss(loss, {"x": numbers(12, 3)}, 3, 1), "bfloat16")
    assert row.verdict == "not_applicable"
    assert "changes nothing" in row.note


def test_a_loss_that_was_written_for_float32_gets_its_outputs_so():
    def factory():
        model = dense()
        batch = {"x": numbers(12, 3), "y": np.ones((12, 1), "float32")}
        return gradcheck.Case(
            candidate=lambda x, y: tf.reduce_mean((model(x) - y) ** 2), batch=batch, variables=model
        )

    rows = run_in(factory, *HALF)
    assert {row.verdict for row in rows.values()} == {"same"}
    assert (
        rows["bfloat16"].note
        == "the outputs of the models are cast to float32, because the loss needs float32"
    )


def test_scalars_in_bfloat16_are_recorded():
    def loss(w, x):
        half = tf.cast(x, tf.bfloat16) @ tf.cast(w, tf.bfloat16) + tf.constant(0.5, tf.bfloat16)
        return tf.cast(tf.reduce_mean(half**2), tf.float32)

    assert row_of(of_loss(loss, {"x": numbers(12, 3)}, 3, 1), "function").verdict == "same"


def test_a_wrong_factor_in_half_precision_is_no_rounding():
    """A loss that looks at the policy: twice the gradient in bfloat16."""

    def factory():
        model = dense()
        factor = 2.0 if "bfloat16" in keras.config.dtype_policy().name else 1.0

        def loss(x, y):
            return factor * tf.reduce_mean((y - tf.cast(model(x), tf.float32)) ** 2)

        batch = {"x": numbers(12, 3), "y": np.ones((12, 1), "float32")}
        return gradcheck.Case(candidate=loss, batch=batch, variables=model)

    row = row_of(factory, "bfloat16")
    assert row.verdict == "different"
    assert 1.9 < float(row.note.split()[0]) < 2.1
    assert "`factor * tf.reduce_mean((y - tf.cast(model(x), tf.float32)) ** 2)` (" in row.note


def test_a_wrong_factor_in_float16_is_no_underflow():
    """The policy is in force whenever the loss runs, with a loss scale too."""

    def factory():
        model = dense()

        def loss(x, y):
            factor = 2.0 if "float16" in keras.config.dtype_policy().name else 1.0
            return factor * tf.reduce_mean((y - tf.cast(model(x), tf.float32)) ** 2)

        batch = {"x": numbers(12, 3), "y": np.ones((12, 1), "float32")}
        return gradcheck.Case(candidate=loss, batch=batch, variables=model)

    rows = run_in(factory, "float16", "float16_unscaled")
    assert [row.verdict for row in rows.values()] == ["different", "different"]
    assert rows["float16_unscaled"].note == "no underflow: it is as with a loss scale"

"""Random numbers that are the same for each sample, however many there are."""

import numpy as np
import pytest
import tensorflow as tf

from gradcheck.execution.modes.steady_draws import steady_draws

DRAWS = {
    "uniform": tf.random.uniform,
    "normal": tf.random.normal,
    "truncated": tf.random.truncated_normal,
    "whole": lambda shape: tf.random.uniform(shape, 2, 9, tf.int32),
}


@pytest.mark.parametrize("kind", DRAWS)
def test_each_row_gets_the_same_numbers_in_a_graph_too(kind):
    with steady_draws(True):
        one, many = DRAWS[kind]((1, 1000)).numpy(), DRAWS[kind]((5, 1000)).numpy()
        graph = tf.function(DRAWS[kind], input_signature=[tf.TensorSpec([2], tf.int32)])((5, 1000)).numpy()
    for row in (*many, *graph):
        np.testing.assert_array_equal(row, one[0])
    assert len(np.unique(one)) == (7 if kind == "whole" else 1000)


def test_they_are_spread_as_their_distribution_asks_for():
    with steady_draws(True):
        uniform, normal, truncated = (
            DRAWS[kind]((1, 20_000)).numpy() for kind in ("uniform", "normal", "truncated")
        )
        whole = DRAWS["whole"]((1, 20_000)).numpy()
    assert (uniform.min(), uniform.max()) == pytest.approx((0, 1), abs=1e-3)
    assert (normal.mean(), normal.std()) == pytest.approx((0, 1), abs=0.02)
    assert np.abs(truncated).max() < 2.001
    assert set(np.unique(whole)) == set(range(2, 9))


def test_without_them_numbers_are_drawn_as_ever():
    with steady_draws(False):
        assert len(np.unique(tf.random.uniform((5, 2)).numpy())) == 10

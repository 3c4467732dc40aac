"""Numbers that both sides read have other values for a while, and theirs again afterwards."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.other_numbers import other_numbers
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.rerun import holds_for_other_numbers

W = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")
WHOLE, OF_ONE, COUNT = 2.0, 0.3, 4


def pair_of(reference, candidate):
    gradcheck.execution.start()
    x = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W])
    return run_pair(case, 0)


def in_closures(half=1.0, other_half=None):
    kept = 0.5

    def reference(x):
        return tf.reduce_sum(tf.sin(x * W)) * half * WHOLE * COUNT + OF_ONE * kept

    def candidate(x):
        def scaled(value):
            return value * (half if other_half is None else other_half) * WHOLE

        return scaled(tf.reduce_sum(tf.sin(x * W))) * COUNT + kept

    return reference, candidate


NAMES = {"half", "WHOLE", "COUNT", "OF_ONE", "other_half", "x"}


def test_what_both_sides_read_is_another_number_inside():
    reference, candidate = in_closures()
    pair = pair_of(reference, candidate)
    cells = dict(zip(reference.__code__.co_freevars, reference.__closure__, strict=True))
    with other_numbers(pair, NAMES) as are_others:
        assert are_others
        assert cells["half"].cell_contents < 1.0
        assert WHOLE < 2.0
        assert cells["half"].cell_contents / WHOLE != pytest.approx(0.5)  # it was by chance
        assert (COUNT, OF_ONE, cells["kept"].cell_contents) == (4, 0.3, 0.5)
    assert (cells["half"].cell_contents, WHOLE) == (1.0, 2.0)


def test_it_is_itself_again_after_an_error():
    pair = pair_of(*in_closures())
    with pytest.raises(KeyError), other_numbers(pair, {"WHOLE"}):
        raise KeyError
    assert WHOLE == 2.0


def test_what_another_thread_may_read_stays():
    pair, done = pair_of(*in_closures()), threading.Event()

    def train():
        done.wait()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        with other_numbers(pair, NAMES) as are_others:
            assert not are_others
            assert WHOLE == 2.0
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("names", [{"OF_ONE"}, {"COUNT"}, {"nowhere"}])
def test_what_one_side_reads_and_whole_numbers_stay(names):
    with other_numbers(pair_of(*in_closures()), names) as are_others:
        assert not are_others


def test_what_is_right_for_these_numbers_alone_does_not_hold():
    def by_both(x):
        return tf.reduce_sum(tf.sin(x * W)) * WHOLE / 2 + 0.0 * half

    def by_the_other(x):
        return tf.reduce_sum(tf.sin(x * W)) * half + 0.0 * WHOLE

    half = 1.0
    pair = pair_of(by_both, by_the_other)
    site = next(op.site for op in pair.runs[1].recording.ops if op.type == "Mul" and op.site is not None)
    product = next(
        op.site for op in pair.runs[1].recording.ops if op.type == "Mul" and op.index > 1 and op.site != site
    )
    own, exact = "tf.reduce_sum(tf.sin(x * W)) * half", pair.runs[0].gradients
    assert not holds_for_other_numbers(pair, {product: own}, exact)
    assert holds_for_other_numbers(pair, {product: "tf.reduce_sum(tf.sin(x * W)) * WHOLE / 2"}, exact)
    of_one_of_several_places = [3.0 * one for one in exact]
    assert holds_for_other_numbers(pair, {product: own}, of_one_of_several_places)

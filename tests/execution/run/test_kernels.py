"""TensorFlow's kernels are made anew where one may have drawn, and kept elsewhere."""

from __future__ import annotations

import threading

import pytest
import tensorflow as tf

from gradcheck.execution.run import kernels
from gradcheck.execution.run.freeze import frozen, seeded

pytestmark = pytest.mark.unwatched


@pytest.fixture
def thrown_away(monkeypatch):
    times = []
    forget = kernels.forget_kernels
    monkeypatch.setattr(kernels, "forget_kernels", lambda: (times.append(1), forget()))
    return times


def with_a_seed_of_its_own():
    return tf.random.normal([], seed=7).numpy()


@tf.function
def compiled():
    return tf.random.normal([], seed=7)


def in_another_thread():
    drawn = []
    thread = threading.Thread(target=lambda: drawn.append(tf.random.normal([]).numpy()))
    thread.start()
    thread.join()
    return drawn[0]


DRAWS = {
    "an op with a seed of its own": with_a_seed_of_its_own,
    "an op without": lambda: tf.random.normal([]).numpy(),
    "a compiled function": lambda: compiled().numpy(),
    "another thread": in_another_thread,
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_is_drawn_within_one_block_begins_anew_in_each_block_there(draw):
    with seeded(0):
        drawn = []
        for _ in range(2):
            with seeded(3):
                drawn.append(draw())
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_a_run_draws_begins_anew_in_each(draw):
    with frozen(3) as world:
        drawn = []
        for _ in range(2):
            world.start()
            drawn.append(draw())
        assert drawn[0] == drawn[1]


def test_where_nothing_draws_they_are_kept(thrown_away):
    with seeded(0):
        assert len(thrown_away) == 1  # what was drawn before nobody knows
        with seeded(1), frozen(2) as world:
            for _ in range(3):
                world.start()
                tf.square(tf.Variable(tf.random.stateless_normal([], [1, 2])))
    assert len(thrown_away) == 1


def test_what_was_drawn_before_is_not_known(thrown_away):
    for _ in range(2):
        with seeded(0):
            pass
    assert len(thrown_away) == 2

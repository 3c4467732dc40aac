"""The generators that a run starts with are made once, and stand at the start of their seed for each."""

from __future__ import annotations

import keras
import pytest
import tensorflow as tf

from gradcheck.execution.keras_internals import global_seed_generator, set_global_seed_generator
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.own_generators import keras_generator, tensorflow_generator
from gradcheck.execution.tensorflow_internals import global_generator

DRAWS = {
    "TensorFlow's": lambda: tf.random.get_global_generator().normal([3]).numpy().tolist(),
    "Keras's": lambda: keras.random.normal([3]).numpy().tolist(),
}


@pytest.fixture(autouse=True)
def _nobody_has_drawn_yet():
    before = global_generator(), global_seed_generator()
    tf.random.set_global_generator(None)
    set_global_seed_generator(None)
    yield
    tf.random.set_global_generator(before[0])
    set_global_seed_generator(before[1])


def in_a_run(draw, seed):
    with frozen(seed) as world:
        world.start()
        return draw()


@pytest.mark.parametrize("whose", DRAWS)
def test_every_run_draws_the_numbers_of_its_seed(whose):
    drawn = [in_a_run(DRAWS[whose], seed) for seed in (3, 4, 3)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_they_are_those_of_a_new_generator():
    assert in_a_run(DRAWS["TensorFlow's"], 3) == tf.random.Generator.from_seed(3).normal([3]).numpy().tolist()
    new = keras.random.SeedGenerator(3).next(ordered=False).numpy().tolist()
    assert in_a_run(lambda: keras_generator(3).next(ordered=False).numpy().tolist(), 3) == new


@pytest.mark.parametrize("make", [tensorflow_generator, keras_generator])
def test_one_is_made_per_seed_and_put_back_whoever_has_drawn_from_it_outside_a_run(make):
    one = make(3)
    start = state(one)
    if make is keras_generator:
        one.next()
    else:
        one.normal([3])
    assert state(one) != start
    assert make(3) is one and state(one) == start
    assert make(4) is not one


def state(generator):
    value = getattr(generator.state, "value", generator.state)
    return (value() if callable(value) else value).numpy().tolist()


def test_under_a_strategy_each_run_has_its_own():
    with tf.distribute.OneDeviceStrategy("CPU:0").scope():
        assert tensorflow_generator(3) is not tensorflow_generator(3)

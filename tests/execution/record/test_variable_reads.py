"""Which tensors are the value of which variable, where they alone do not tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from gradcheck.execution.record.recorder import Recorder
from gradcheck.program.recording import Recording


class CountingTape:
    """A tape that counts what it is asked."""

    def __init__(self, tape: tf.GradientTape) -> None:
        self._tape = tape
        self.asked = 0

    def gradient(self, target: Any, sources: Any) -> Any:
        self.asked += len(tf.nest.flatten(sources))
        return self._tape.gradient(target, sources)


def recorded(loss: Any, variables: list[tf.Variable]) -> tuple[Recording, int]:
    """Return a recording, and how many variables the tape was asked for to find out what was read."""
    recorder = Recorder()
    with tf.GradientTape(persistent=True) as tape, recorder.recording():
        value = loss()
    counting = CountingTape(tape)
    named = {str(place): variable for place, variable in enumerate(variables)}
    return recorder.finish(value, named, counting), counting.asked


def read_by(recording: Recording, kind: str) -> list[str | None]:
    """Return the variables that the ops of a type read, in order."""
    found = [op for op in recording.ops if op.type == kind]
    return [next((recording.reads[n] for n in op.inputs if n in recording.reads), None) for op in found]


def biases(count: int) -> list[tf.Variable]:
    return [tf.Variable([0.0, 0.0]) for _ in range(count)]


@pytest.mark.parametrize("count", [10, 40])
def test_of_variables_that_look_alike_each_is_told_apart_with_little_work(count):
    variables = biases(count)
    x = tf.constant([1.0, 2.0])

    def loss():
        return tf.reduce_sum(tf.add_n([x * each for each in variables]))

    recording, asked = recorded(loss, variables)
    assert read_by(recording, "Mul") == [str(place) for place in range(count)]
    assert asked <= 3 * count


def test_one_that_is_read_again_and_again_is_found_at_once():
    variables = biases(5)
    recording, asked = recorded(lambda: tf.add_n([tf.ones(2) * variables[3] for _ in range(30)]), variables)
    assert read_by(recording, "Mul") == ["3"] * 30
    assert asked <= 30 + 5 + 5


def test_one_that_was_assigned_to_afterwards_is_found_by_the_tape():
    (variable,) = variables = [tf.Variable([1.0, 2.0])]

    def loss():
        value = tf.reduce_sum(tf.ones(2) * variable)
        variable.assign([5.0, 5.0])
        return value

    recording, _ = recorded(loss, variables)
    assert read_by(recording, "Mul") == ["0"]


def test_what_has_the_value_of_a_variable_by_chance_is_not_its_value():
    variables = [tf.Variable([1.0, 2.0])]
    alike = tf.constant([1.0, 2.0])
    recording, _ = recorded(lambda: tf.reduce_sum(alike * tf.exp(variables[0])), variables)
    assert read_by(recording, "Mul") == [None]


def test_not_a_number_is_a_value_as_well():
    variables = [tf.Variable([np.nan, 1.0])]
    recording, _ = recorded(lambda: tf.reduce_sum(tf.ones(2) * variables[0]), variables)
    assert read_by(recording, "Mul") == ["0"]

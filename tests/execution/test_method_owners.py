"""Methods made by `tf.function`: their object is not kept alive by TensorFlow."""

import gc

import numpy as np
import pytest
import tensorflow as tf

import gradcheck


class Agent:
    def __init__(self):
        self.w = tf.Variable([1.0, 2.0])

    @tf.function
    def loss(self, x):
        return tf.reduce_mean((x * self.w) ** 2)


def case_of(formulation, agent):
    batch = {"x": np.ones((4, 2), "float32")}
    return gradcheck.Case(reference=formulation, candidate=formulation, batch=batch, variables=[agent.w])


def test_a_method_whose_object_is_gone_says_to_keep_it():
    def made():
        agent = Agent()
        return case_of(agent.loss, agent)

    case = made()
    gc.collect()
    with pytest.raises(gradcheck.UserCodeError, match=r"whose object is gone.*Keep it"):
        gradcheck.diff(case)


def test_its_twin_whose_object_is_held_is_compared():
    agent = Agent()
    assert gradcheck.diff(case_of(agent.loss, agent)).verdict == "equivalent"

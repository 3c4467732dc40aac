"""What the variables of a case, and the case itself, are called."""

import keras
import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.prepare import prepare


def network(name):
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="h", use_bias=False)], name=name)


def paths(variables):
    case = gradcheck.Case(candidate=lambda x: x, batch={"x": np.ones((2, 2))}, variables=variables)
    return list(prepare(case).variables)


def test_a_model_under_its_own_name_in_a_dict_is_named_once():
    assert paths({"q1": network("q1")}) == ["q1/h/kernel"]
    assert paths({"critic": network("q1")}) == ["critic/q1/h/kernel"]


def test_variables_that_would_share_a_path_stay_two():
    assert paths({"q": [tf.Variable(1.0, name="h/w")], "q/h": [tf.Variable(2.0, name="w")]}) == [
        "q/h/w",
        "q/h/w#2",
    ]


def test_a_case_in_memory_is_called_by_its_candidate_or_by_its_name():
    def vectorised(x):
        return x

    assert gradcheck.Case(candidate=vectorised, variables=[]).title == "vectorised"
    assert gradcheck.Case(candidate=lambda x: x, variables=[]).title == "case"
    assert gradcheck.Case(candidate=vectorised, variables=[], name="mine").title == "mine"

"""Gradients as a Keras optimizer clips them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradcheck.judgement.clipping import Clipping, may_be_clipped

GRADIENTS = [np.array([[3.0, -4.0]], "float32"), np.array([0.1, -0.2, 0.05], "float32")]


@pytest.mark.parametrize("name", ["clipnorm", "clipvalue", "global_clipnorm"])
@pytest.mark.parametrize("limit", [0.15, 1.0, 100.0])
def test_it_is_what_a_keras_optimizer_applies(name, limit):
    variables = [keras.Variable(np.zeros_like(one)) for one in GRADIENTS]
    optimizer = keras.optimizers.SGD(1.0, **{name: limit})
    optimizer.apply([tf.constant(one) for one in GRADIENTS], variables)
    for one, variable in zip(Clipping(**{name: limit}).of(GRADIENTS), variables, strict=True):
        np.testing.assert_allclose(one, -variable.numpy(), rtol=1e-5)


def test_without_a_limit_nothing_is_changed():
    assert not Clipping()
    for one, other in zip(Clipping().of([*GRADIENTS, None]), [*GRADIENTS, None], strict=True):
        assert one is other


def test_what_has_no_gradient_has_none_when_it_is_clipped():
    assert Clipping(global_clipnorm=1.0).of([GRADIENTS[0], None])[1] is None


def test_what_is_made_smaller_may_be_clipped_and_what_is_turned_or_larger_is_not():
    gradients = [np.array([1.0, -2.0]), None]
    assert may_be_clipped(gradients, [np.array([0.5, -2.0]), None])
    assert not may_be_clipped(gradients, [np.array([-0.5, -2.0]), None])
    assert not may_be_clipped(gradients, [np.array([1.5, -2.0]), None])
    assert not may_be_clipped(gradients, [None, None])

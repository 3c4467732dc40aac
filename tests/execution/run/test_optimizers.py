"""What optimizers are handed, and that they are kept from applying it: of each kind that there is."""

import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from gradcheck.execution.run.captured import capturing

KINDS = {
    "Keras 3": lambda: keras.optimizers.Adam(1.0),
    "Keras 3, scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1.0)),
    "TensorFlow 1": lambda: tf.compat.v1.train.GradientDescentOptimizer(1.0),
    "tf_keras": lambda: pytest.importorskip("tf_keras").optimizers.Adam(1.0),
    "tf_keras, legacy": lambda: pytest.importorskip("tf_keras").optimizers.legacy.SGD(1.0),
    "the user's own": lambda: Halved(1.0),
}


class Halved(keras.optimizers.SGD):
    def apply(self, grads, trainable_variables=None):
        super().apply([gradient / 2 for gradient in grads], trainable_variables)


@pytest.mark.parametrize("name", KINDS)
def test_an_optimizer_applies_nothing_inside_and_all_of_it_afterwards(name):
    optimizer, w = KINDS[name](), tf.Variable([1.0, 2.0])
    with capturing() as captured:
        optimizer.apply_gradients([(tf.constant([3.0, 4.0]), w)])
    assert w.numpy().tolist() == [1.0, 2.0]
    ((gradient, variable),) = captured.handed
    assert variable is w
    scale = (
        2.0**15 if name == "Keras 3, scaled" else 1.0
    )  # it divides by the scale of the loss when it applies
    assert (gradient.numpy() * scale).tolist() == [3.0, 4.0]
    optimizer.apply_gradients([(tf.constant([3.0, 4.0]), w)])
    assert w.numpy().tolist() != [1.0, 2.0]


def test_gradients_alone_go_with_the_variables_that_the_optimizer_was_built_with():
    optimizer, variables = keras.optimizers.SGD(), [keras.Variable(1.0), keras.Variable(2.0)]
    optimizer.build(variables)
    with capturing() as captured:
        optimizer.apply([tf.constant(3.0), tf.constant(4.0)])
    assert [variable is one.value for (_, variable), one in zip(captured.handed, variables, strict=True)]
    assert [gradient.numpy() for gradient, _ in captured.handed] == [3.0, 4.0]


def test_of_captures_within_each_other_the_innermost_alone_is_told():
    w = tf.Variable(1.0)
    with capturing() as outer, capturing() as inner:
        with tf.GradientTape() as tape:
            value = w**2
        keras.optimizers.SGD().apply([tape.gradient(value, w)], [w])
    assert (len(inner.handed), len(inner.asked)) == (1, 1)
    assert (len(outer.handed), len(outer.asked)) == (0, 0)


def test_the_optimizers_of_other_threads_go_on_training():
    w = tf.Variable(1.0)
    with capturing() as captured:
        thread = threading.Thread(target=lambda: keras.optimizers.SGD(1.0).apply([tf.constant(1.0)], [w]))
        thread.start()
        thread.join()
    assert w.numpy() == 0.0
    assert captured.handed == []


def test_everything_is_as_before_afterwards_also_where_it_raises():
    before = keras.optimizers.SGD.apply, keras.optimizers.SGD.apply_gradients, tf.GradientTape.gradient
    run = tf.distribute.Strategy.run
    with pytest.raises(LookupError), capturing():
        raise LookupError
    assert before == (
        keras.optimizers.SGD.apply,
        keras.optimizers.SGD.apply_gradients,
        tf.GradientTape.gradient,
    )
    assert run is tf.distribute.Strategy.run


def test_gradients_that_a_graph_hands_over_have_no_values_and_are_refused():
    from gradcheck import CaseError

    optimizer, w = keras.optimizers.SGD(), tf.Variable(1.0)
    optimizer.build([w])

    @tf.function
    def step():
        optimizer.apply([w * 2.0], [w])

    with capturing(), pytest.raises(CaseError, match="while a graph is built"):
        step()
    step()
    assert np.isclose(w.numpy(), 0.98)

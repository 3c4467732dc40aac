"""Both sides start from the same state, and all of it is afterwards as before."""

from __future__ import annotations

import queue
import random
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python import pywrap_tfe

import gradcheck
from gradcheck.execution.run import freeze

STATES = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")


@pytest.fixture(autouse=True)
def _no_loss_has_drawn(monkeypatch):
    """Begin as a new process does."""
    monkeypatch.setattr(freeze, "_some_loss_draws", False)


@pytest.fixture
def w():
    return tf.Variable([1.0, 2.0, 3.0], name="w")


def compare(reference, candidate, variables, **options):
    case = gradcheck.Case(
        reference=reference, candidate=candidate, batch={"states": STATES}, variables=variables
    )
    return gradcheck.diff(case, **{"budget": 0} | options)


def norms(report):
    return [variable.to_dict()["candidate_norm"] for variable in report.variables]


def test_batch_normalisations_statistics_are_as_before(unchanged):
    net = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dense(1)])

    def loss(states):
        return tf.reduce_mean(net(states, training=True) ** 2)

    with unchanged(*net.variables):
        assert compare(loss, loss, net).equivalent
    before = [variable.numpy() for variable in net.variables]
    loss(STATES)
    assert any((variable.numpy() != old).any() for variable, old in zip(net.variables, before, strict=True))


def test_a_dropout_loss_equals_itself_and_its_seed_is_as_before(unchanged):
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dropout(0.5), keras.layers.Dense(1)])

    def loss(states):
        return tf.reduce_mean(net(states, training=True) ** 2)

    def without(states):
        return tf.reduce_mean(net(states, training=False) ** 2)

    seed = net.layers[0].seed_generator.state
    with unchanged(*net.variables, seed):
        assert compare(loss, loss, net).equivalent
    with unchanged(*net.variables, seed):
        assert not compare(loss, without, net).equivalent


def noises():
    generator = tf.random.Generator.from_seed(5)
    seeded = keras.random.SeedGenerator(5)
    return {
        "tf.random": lambda: tf.random.normal([16, 3]),
        "tf.random with a seed": lambda: tf.random.normal([16, 3], seed=3),
        "tf.random.Generator": lambda: generator.normal([16, 3]),
        "the global tf.random.Generator": lambda: tf.random.get_global_generator().normal([16, 3]),
        "keras.random": lambda: keras.random.normal([16, 3]),
        "keras.random.SeedGenerator": lambda: keras.random.normal([16, 3], seed=seeded),
        "np.random": lambda: np.random.normal(size=(16, 3)).astype("float32"),
        "random": lambda: np.float32(random.random()),
    }


@pytest.mark.parametrize("source", list(noises()))
def test_both_sides_draw_the_same_numbers(w, unchanged, source):
    draw = noises()[source]

    def loss(states):
        return tf.reduce_mean(states * w * draw())

    def drawing_once_more(states):
        draw()
        return loss(states)

    with unchanged(w):
        assert compare(loss, loss, [w]).equivalent
    with unchanged(w):
        assert not compare(loss, drawing_once_more, [w]).equivalent


def noisy(w, **seed):
    return lambda states: tf.reduce_mean(states * w * tf.random.normal([16, 3], **seed))


def test_what_was_drawn_from_the_same_seeds_before_is_no_difference(w):
    loss = noisy(w, seed=3)
    for _ in range(2):
        tf.random.set_seed(0)
        loss(STATES)
        assert compare(loss, loss, [w], seed=0).equivalent


@pytest.mark.parametrize("seed", [{}, {"seed": 3}])
def test_what_was_drawn_from_the_same_seeds_before_changes_nothing(w, seed):
    def plain(states):
        return tf.reduce_mean(states * w)

    loss = noisy(w, **seed)
    tf.random.set_seed(0)
    untouched = norms(compare(plain, loss, [w], seed=0))
    for others in (plain, loss):
        tf.random.set_seed(0)
        loss(STATES)
        assert norms(compare(others, loss, [w], seed=0)) == untouched


def counted(loss):
    def counting(states):
        counting.runs += 1
        return loss(states)

    counting.runs = 0
    return counting


def test_a_loss_that_draws_runs_once_more_and_the_next_one_does_not(w):
    loss = counted(noisy(w))
    assert compare(loss, noisy(w), [w]).equivalent
    assert loss.runs == 2
    assert compare(loss, noisy(w), [w]).equivalent
    assert loss.runs == 3


def test_a_loss_that_only_tells_something_runs_once(w, capfd):
    @counted
    def loss(states):
        tf.print("seen", output_stream=sys.stdout)
        tf.debugging.assert_greater(tf.reduce_sum(states**2), 0.0)
        return tf.reduce_mean(tf.debugging.check_numerics(states * w, "not finite"))

    assert compare(loss, lambda states: tf.reduce_mean(states * w), [w]).equivalent
    assert loss.runs == 1
    assert capfd.readouterr().out == "seen\n"


def test_kernels_of_the_users_go_on_after_losses_that_do_not_draw(w):
    def after(loss):
        tf.random.set_seed(0)
        tf.random.normal([3], seed=5)
        assert compare(loss, loss, [w]).equivalent
        return tf.random.normal([3], seed=5).numpy().tolist()

    tf.random.set_seed(0)
    first, second = (tf.random.normal([3], seed=5).numpy().tolist() for _ in range(2))
    assert after(lambda states: tf.reduce_mean(states * w)) == second
    assert after(noisy(w)) == first


@pytest.mark.parametrize("absent", [True, False])
def test_a_global_generator_that_is_made_inside_a_loss_is_no_difference(w, absent, monkeypatch, unchanged):
    from tensorflow.python.ops import stateful_random_ops

    former = None if absent else tf.random.Generator.from_seed(9)
    monkeypatch.setattr(stateful_random_ops, "global_generator", former)

    def loss(states):
        return tf.reduce_mean(states * w * tf.random.get_global_generator().normal([16, 3]))

    with unchanged():
        assert compare(loss, loss, [w]).equivalent
    assert stateful_random_ops.global_generator is former


@pytest.mark.parametrize("source", ["tf.random", "the global tf.random.Generator", "keras.random"])
def test_generators_that_nobody_has_seeded_start_from_the_seed_of_the_run(w, source, monkeypatch):
    from keras.src.backend.common import global_state
    from tensorflow.python.ops import stateful_random_ops

    monkeypatch.setattr(stateful_random_ops, "global_generator", None)
    global_state.set_global_attribute("global_seed_generator", None)
    draw = noises()[source]

    def loss(states):
        return tf.reduce_mean(states * w * draw())

    one, same, other = (norms(compare(loss, loss, [w], seed=seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert global_state.get_global_attribute("global_seed_generator") is None


def test_what_the_first_side_assigns_the_second_does_not_see(w, unchanged):
    elsewhere = tf.Variable(1.0)

    def loss(states):
        elsewhere.assign_add(1.0)
        w.scatter_nd_update([[0]], [5.0])  # into the buffer itself
        return elsewhere * tf.reduce_mean(states * w)

    with unchanged(w, elsewhere):
        assert compare(loss, loss, [w]).equivalent
    with unchanged(w, elsewhere):
        assert not compare(loss, lambda states: 2 * loss(states), [w]).equivalent


def test_what_the_second_side_assigns_the_replay_of_the_first_does_not_see(w, unchanged):
    def loss(states):
        return tf.reduce_mean((states * w) ** 2)

    def and_assigns(states):
        found = loss(states)
        w.scatter_nd_update([[0]], [5.0])
        return found

    def assigns_first(states):
        w.scatter_nd_update([[0]], [5.0])
        return loss(states)

    with unchanged(w):
        assert compare(loss, and_assigns, [w]).equivalent
        assert not compare(loss, assigns_first, [w]).equivalent


def test_a_loss_that_raises_leaves_no_trace(w, unchanged):
    def loss(states):
        w.assign_add([1.0, 1.0, 1.0])
        for draw in noises().values():
            draw()
        raise ValueError

    with unchanged(w), pytest.raises(gradcheck.UserCodeError):
        compare(loss, loss, [w])


def test_the_next_random_numbers_are_those_that_would_have_come_anyway(w):
    def draws():
        return [tf.random.normal([]), keras.random.normal([]), np.random.rand(), random.random()]

    def noisy(states):
        noise = tf.random.normal([]) * tf.random.normal([]) * keras.random.normal([])
        return tf.reduce_mean(states * w * noise)

    def after(interlude):
        keras.utils.set_random_seed(0)
        first = draws()
        interlude()
        return [float(number) for number in first + draws()]

    undisturbed = after(lambda: None)
    # The same seed as in the comparison: its kernels must not be the ones that go on.
    assert after(lambda: compare(noisy, noisy, [w], seed=0)) == undisturbed
    assert after(lambda: noisy(STATES)) != undisturbed


@gradcheck.case
def drawn(seed: int = 0):
    weights = tf.Variable(tf.random.normal([3]), name="weights")
    scale = keras.random.uniform([]) * tf.random.get_global_generator().uniform([])
    states = np.random.normal(size=(8, 3)) * random.random()

    def loss(states):
        return tf.reduce_mean(states * weights**2) * scale * tf.random.uniform([])

    return gradcheck.Case(
        reference=loss, candidate=loss, batch={"states": states.astype("float32")}, variables=[weights]
    )


def test_a_factory_is_reproducible_by_its_seed(unchanged):
    with unchanged():
        one = gradcheck.diff(drawn, seed=3)
    for draw in noises().values():
        draw()
    tf.random.set_seed(99)
    other = gradcheck.diff(drawn, seed=3)
    assert one.to_dict() == other.to_dict()
    assert norms(gradcheck.diff(drawn, seed=4)) != norms(one)


def test_weights_that_a_file_makes_at_import_are_reproducible_too(cli, target):
    path = target("""
        import numpy as np, tensorflow as tf
        import gradcheck

        w = tf.Variable(tf.random.normal([2]), name="w")

        @gradcheck.case
        def case():
            loss = lambda x: tf.reduce_mean(x * w ** 2)
            return gradcheck.Case(reference=loss, candidate=loss, batch={"x": np.ones((3, 2), "float32")},
                                  variables=[w])
    """)
    one, other, third = (cli("diff", path, "--seed", seed, "--format", "json").out for seed in (1, 1, 2))
    assert one == other != third


# What is put back is what the formulations assigned, and nothing else.


class Trainer:
    """Another thread that trains a variable of its own, one step each time that it is told to."""

    def __init__(self, variable):
        self._variable = variable
        self._orders, self._done = queue.SimpleQueue(), queue.SimpleQueue()
        self.steps = 0

    def __enter__(self):
        threading.Thread(target=self._train, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._orders.put("stop")

    def _train(self):
        while self._orders.get() != "stop":
            self._variable.assign_add(1.0)
            self._done.put("done")

    def step(self):
        self.steps += 1
        self._orders.put("step")
        self._done.get(timeout=60)


def test_what_another_thread_trains_meanwhile_is_not_undone(w):
    theirs, ours = tf.Variable(0.0), tf.Variable(0.0)

    with Trainer(theirs) as trainer:

        def loss(states):
            trainer.step()
            ours.assign_add(1.0)
            return tf.reduce_mean(states * w)

        assert compare(loss, loss, [w]).equivalent
    assert float(theirs) == trainer.steps >= 2
    assert float(ours) == 0


def test_another_thread_may_train_what_a_function_called_as_a_graph_only_reads(w):
    read, assigned = tf.Variable(0.0), tf.Variable(0.0)

    @tf.function
    def both(x):
        assigned.assign_add(1.0)
        return 0.0 * read * x

    graph = both.get_concrete_function(tf.TensorSpec([]))
    with Trainer(read) as trainer:

        def loss(states):
            zero = graph(tf.reduce_sum(w))
            trainer.step()
            return tf.reduce_mean(states * w) + zero

        assert compare(loss, loss, [w]).equivalent
    assert float(read) == trainer.steps
    assert float(assigned) == 0


def a_graph_that_assigns(variable):
    @tf.function
    def assigns():
        variable.assign_add([1.0, 1.0, 1.0])

    return assigns.get_concrete_function()


WAYS_TO_ASSIGN = {
    "assign": lambda v: v.assign([7.0, 7.0, 7.0]),
    "assign_sub": lambda v: v.assign_sub([7.0, 7.0, 7.0]),
    "a slice": lambda v: v[0:1].assign([7.0]),
    "scatter": lambda v: v.scatter_update(tf.IndexedSlices(tf.constant([7.0]), tf.constant([0]))),
    "an op of an optimizer": lambda v: tf.raw_ops.ResourceApplyGradientDescent(
        var=v.handle, alpha=1.0, delta=[1.0, 1.0, 1.0]
    ),
    "Keras's optimizer": lambda v: keras.optimizers.SGD().apply([tf.ones([3])], [v]),
    "a function called as a graph": lambda v: a_graph_that_assigns(v)(),
    "a function that an op calls": lambda v: tf.raw_ops.StatefulPartitionedCall(
        args=[v.handle], Tout=[], f=a_graph_that_assigns(v)
    ),
    "py_function": lambda v: tf.py_function(lambda: v.assign([7.0, 7.0, 7.0]), [], tf.float32),
    "two handles": lambda v: (
        v.assign_add([1.0, 1.0, 1.0]),
        tf.raw_ops.AssignVariableOp(resource=tf.identity(v.handle), value=[7.0, 7.0, 7.0]),
    ),
}


@pytest.mark.parametrize("way", WAYS_TO_ASSIGN)
def test_however_a_formulation_assigns_it_is_undone(w, unchanged, way):
    assigned, seen = tf.Variable([1.0, 2.0, 3.0]), []

    def loss(states):
        WAYS_TO_ASSIGN[way](assigned)
        seen.append(assigned.numpy())
        return tf.reduce_mean(states * w * assigned)

    with unchanged(w, assigned):
        assert compare(loss, loss, [w]).equivalent
    assert (seen[0] != assigned.numpy()).any()
    assert all((one == seen[0]).all() for one in seen)


def test_a_variable_that_a_formulation_makes_starts_from_its_first_value(w):
    made = []

    def loss(states):
        if not made:
            made.append(tf.Variable(1.0))
        made[0].assign_add(1.0)
        return made[0] * tf.reduce_mean(states * w)

    assert compare(loss, loss, [w]).equivalent
    assert float(made[0]) == 1.0


def test_a_variable_of_unknown_shape_is_put_back(w):
    elastic = tf.Variable([1.0], shape=tf.TensorShape(None))

    def loss(states):
        elastic.assign([[2.0, 2.0, 2.0]])
        return tf.reduce_mean(states * w * elastic)

    assert compare(loss, loss, [w]).equivalent
    assert elastic.numpy().tolist() == [1.0]


def test_within_one_another_each_comparison_puts_its_own_back(w, unchanged):
    inner, outer = tf.Variable(1.0), tf.Variable(1.0)

    def assigning(variable):
        def loss(states):
            variable.assign_add(1.0)
            return variable * tf.reduce_mean(states * w)

        return loss

    def loss(states):
        value = assigning(outer)(states)
        inner.assign(5.0)
        assert compare(assigning(inner), assigning(inner), [w]).equivalent
        assert float(inner) == 5.0
        return value

    with unchanged(w, inner, outer):
        assert compare(loss, loss, [w]).equivalent


@pytest.mark.unwatched
def test_tensorflow_is_as_before_when_nothing_is_compared(w):
    """What is wrapped is private: where it moves, no assignment is seen, and the tests above fail."""
    names = ("TFE_Py_FastPathExecute", "TFE_Py_Execute", "TFE_Py_ExecuteCancelable")
    before, inside = [getattr(pywrap_tfe, name) for name in names], []

    def loss(states):
        inside.extend(getattr(pywrap_tfe, name) for name in names)
        return tf.reduce_mean(states * w)

    compare(loss, loss, [w])
    assert not set(before) & set(inside)
    assert [getattr(pywrap_tfe, name) for name in names] == before


def test_every_op_that_takes_a_variable_assigns_or_is_known_to_read():
    """A new op of TensorFlow's that only reads would undo what other threads assign: it is to be listed."""
    from tensorflow.python.framework import op_def_registry

    from gradcheck.execution.run.assignments import _written

    kinds = {name: op_def_registry.get(name) for name in dir(tf.raw_ops)}
    reading = {
        name
        for name, known in kinds.items()
        if known is not None and any(a.type == tf.resource.as_datatype_enum for a in known.input_arg)
        if name.startswith(("Read", "ResourceGather", "Var")) and "Reader" not in name
    }
    assert reading >= {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"}
    assert [name for name in reading if _written(name) != frozenset()] == []
    assert _written("AssignVariableOp") is None
    assert _written("ResourceApplyAdam") is None
    assert _written("RngReadAndSkip") is None

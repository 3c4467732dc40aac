"""Changes of the source are tried without a trace: what the candidate prints, assigns and is stays as it was."""

from __future__ import annotations

import ast

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.definitions import own
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.trials import Trials
from gradcheck.source import function_at, parents

W = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")
calls = tf.Variable(0.0)


def right(x):
    return tf.reduce_mean(tf.exp(x * W))


def wrong(x):
    print("heard")
    calls.assign_add(1.0)
    scaled = x * W
    return tf.reduce_mean(tf.tanh(scaled))


@pytest.fixture(scope="module")
def pair():
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    return run_pair(gradcheck.Case(reference=right, candidate=wrong, batch={"x": x}, variables=[W]), 0)


def tried(pair, text):
    """Try a text in place of the function that is called last; return whether it may be right."""
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    definition = function_at(wrong.__code__)
    tanh = next(one for one in ast.walk(definition) if isinstance(one, ast.Attribute) and one.attr == "tanh")
    with trials.started() as world:
        return trials.may_be_right(world, [(wrong.__code__.co_filename, tanh, text)])


def test_what_is_right_may_be_and_nothing_else(pair):
    assert tried(pair, "tf.exp")
    assert not tried(pair, "tf.sin")


@pytest.mark.parametrize(
    "text", ["tf.exp", "tf.no_such_function", "lambda one: unknown", "tf.reshape", "1 +"]
)
def test_it_leaves_no_trace(pair, text, capsys):
    code, before = wrong.__code__, float(calls)
    tried(pair, text)
    assert wrong.__code__ is code
    assert float(calls) == before
    assert "heard" not in capsys.readouterr().out


def test_without_a_value_to_come_out_the_gradients_tell(pair):
    trials = Trials(
        pair, None, [gradient if gradient is None else 2.0 * gradient for gradient in pair.runs[0].gradients]
    )
    tanh = next(one for one in ast.walk(function_at(wrong.__code__)) if getattr(one, "attr", "") == "tanh")
    filename = wrong.__code__.co_filename
    with trials.started() as world:
        assert trials.may_be_right(world, [(filename, tanh, "(lambda one: 2.0 * tf.exp(one) + 7.0)")])
        assert not trials.may_be_right(world, [(filename, tanh, "(lambda one: 3.0 * tf.exp(one))")])


def test_names_stand_for_what_they_were_given(pair):
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    ((definition, names),) = trials.names([wrong.__code__]).at_return.items()
    assert definition.name == "wrong"
    assert set(names) == {"x", "scaled"}


def around(x):
    scaled, total = 3.0 * x, tf.reduce_sum(x)

    def inner(scaled):
        return tf.reduce_mean(tf.sin(scaled * W)) / 4.0

    return inner(scaled) + 0.0 * total


def test_in_a_function_within_another_one_names_of_that_mean_something_too():
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    pair = run_pair(gradcheck.Case(reference=right, candidate=around, batch={"x": x}, variables=[W]), 0)
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    inner = next(one for one in around.__code__.co_consts if getattr(one, "co_name", "") == "inner")
    found = {one.name: names for one, names in trials.names([around.__code__, inner]).at_return.items()}
    assert {"x", "scaled", "total"} <= set(found["inner"])
    assert found["inner"]["total"].shape == ()
    ((_, alone),) = trials.names([inner]).at_return.items()
    assert set(alone) == {"scaled"}, "what is around the candidate's own functions has no cell there"


def of_rows(x):
    return tf.add_n([tf.reduce_mean(tf.sin(3.0 * row * W)) for row in tf.unstack(x)])


def test_names_of_comprehensions_stand_for_what_their_last_round_was_given():
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    pair = run_pair(gradcheck.Case(reference=right, candidate=of_rows, batch={"x": x}, variables=[W]), 0)
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    seen = trials.names([of_rows.__code__])
    ((definition, names),) = seen.at_return.items()
    assert set(names) == {"x"}
    assert seen.within[definition]["row"].shape == (3,)


def test_what_a_compiled_candidate_calls_is_changed_too():
    compiled = tf.function(wrong)
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    pair = run_pair(gradcheck.Case(reference=right, candidate=compiled, batch={"x": x}, variables=[W]), 0)
    assert tried(pair, "tf.exp")
    assert not tried(pair, "tf.sin")
    assert not tf.config.functions_run_eagerly()


SEEN = []


def noted(x):
    SEEN.append(x)
    return x


def bent(x):
    return tf.tanh(x * W)


def of_bent(x):
    return tf.reduce_mean(bent(x))


def test_a_function_that_a_change_makes_call_itself_is_soon_ended():
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    pair = run_pair(gradcheck.Case(reference=right, candidate=of_bent, batch={"x": x}, variables=[W]), 0)
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    trials.names([of_bent.__code__, bent.__code__])
    product = next(one for one in ast.walk(function_at(bent.__code__)) if isinstance(one, ast.BinOp))
    with trials.started() as world:
        written = [(bent.__code__.co_filename, product, "bent(noted(x) * W)")]
        assert trials.may_be_right(world, written) is None
        assert (
            2 < len(SEEN) < 50
        )  # Python's own limit may be reached within TensorFlow, which ends the process


layers = [W]


def fills(x):
    hidden = [tf.zeros(3), x][:2]
    hidden[0] = x * W
    return tf.reduce_mean(tf.tanh(hidden[0])) + 0 * tf.reduce_sum(layers[0])


class Fills:
    def __call__(self, x):
        hidden = [tf.zeros(3), x][:2]
        hidden[0] = x * W
        return tf.reduce_mean(tf.tanh(hidden[0])) + 0 * tf.reduce_sum(layers[0])


@pytest.mark.parametrize(("fills", "code"), [(fills, fills.__code__), (Fills(), Fills.__call__.__code__)])
def test_a_list_in_its_place_is_not_filled(fills, code):
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    pair = run_pair(gradcheck.Case(reference=right, candidate=fills, batch={"x": x}, variables=[W]), 0)
    trials = Trials(pair, pair.runs[0].value, list(pair.runs[0].gradients))
    listed = next(one for one in ast.walk(function_at(code)) if isinstance(one, ast.List))
    with trials.started() as world:
        for node in (listed, parents(code.co_filename)[listed]):  # and what takes a slice of it
            assert trials.may_be_right(world, [(code.co_filename, node, "layers")]) is not None
    assert layers[0] is W


def test_what_is_there_already_stays_as_it_is():
    rows, entries, seen, array = [[W]], {"w": [W]}, {1}, np.ones(3)
    own(rows).append(W)
    own(rows)[0].append(W)
    own(entries)["w"].clear()
    own(seen).add(2)
    own((rows, 1))[0].append(W)
    for one in (own(array), own([array])[0]):
        with pytest.raises(ValueError, match="read-only"):
            one[0] = 2.0
    assert (rows, entries, seen, array.sum()) == ([[W]], {"w": [W]}, {1}, 3.0)
    array[0] = 2.0
    assert own(array)[0] == 2.0 and own(W) is W

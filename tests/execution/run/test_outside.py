"""Variables that only the reference reads: in which functions of the candidate they mean something, and what."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.functions_alive import Functions
from gradcheck.execution.run.outside import Outside

own = "of the module"


def made(value):
    def reference():
        return value, hidden, own

    def candidate(x):
        def inner():
            return x

        hidden = inner()
        return [hidden]

    def reads(x):
        return value + x

    hidden = 0
    return reference, candidate, reads


def outside(value=1, others=()):
    reference, *functions = made(value)
    donors = [reference.__code__, *(one.__code__ for one in others)]
    return Outside(donors, [functions[1].__code__], Functions([reference, *functions, *others])), functions


def test_what_a_function_reads_itself_or_hides_is_left_out():
    known, (candidate, reads) = outside()
    assert known.of(candidate.__code__) == {"value": 1}
    assert known.of(reads.__code__) == {"hidden": 0}


def test_what_another_function_of_the_candidate_reads_is_no_news():
    known, (candidate, reads) = outside()
    assert known.unread(candidate.__code__) == {}
    assert known.unread(reads.__code__) == {"hidden": 0}


def test_but_what_a_function_of_both_reads_may_be_missing_in_the_candidates_own():
    reference, candidate, reads = made(1)
    codes = [one.__code__ for one in (reference, reads)]
    known = Outside(codes, [reads.__code__, candidate.__code__], Functions([reference, candidate, reads]))
    assert known.unread(candidate.__code__) == {"value": 1}


def test_a_function_within_another_one_does_not_see_what_that_hides():
    known, (candidate, _) = outside()
    (inner,) = (one for one in candidate.__code__.co_consts if hasattr(one, "co_code"))
    assert known.of(inner) == {"value": 1}


def test_a_function_that_stands_elsewhere_sees_nothing():
    known, _ = outside()
    assert known.of(test_a_function_that_stands_elsewhere_sees_nothing.__code__) == {}


def test_a_name_with_two_meanings_has_none():
    def other(value):
        return lambda: value

    one, two = other(1), other(2)
    assert Outside([one.__code__], [], Functions([one])).of((lambda: None).__code__) == {}
    assert Outside([one.__code__], [], Functions([one, two])).of(one.__code__) == {}


def test_functions_know_it_by_another_name_inside_alone():
    known, (candidate, _) = outside()
    names = candidate.__globals__
    with known.known_to([candidate], [candidate.__code__]):
        assert names[known.renamed(candidate.__code__)["value"]] == 1
    assert not [one for one in names if one.startswith("__gradcheck")]


def networks(reads_target):
    """Return a case whose reference takes the next value from a target network, and whose candidate does not."""
    draw = np.random.default_rng(0)
    w = tf.Variable(draw.normal(size=(3, 2)).astype("float32"), name="w")
    frozen = tf.constant(draw.normal(size=(3, 2)).astype("float32"))

    def online(x):
        return x @ w

    def target(x):
        return x @ frozen

    def reference(x, following):
        ahead = tf.reduce_max(target(following), axis=1)
        return tf.reduce_mean((online(x)[:, 0] - ahead) ** 2)

    def candidate(x, following):
        ahead = tf.stop_gradient(tf.reduce_max(online(following), axis=1))
        return tf.reduce_mean(tf.square(online(x)[:, 0] - ahead))

    def reading(x, following):
        ahead = tf.stop_gradient(tf.reduce_max(online(following), axis=1))
        return tf.reduce_mean(tf.square(online(x)[:, 0] - ahead)) + 0.0 * tf.reduce_sum(target(x))

    batch = {name: draw.normal(size=(6, 3)).astype("float32") for name in ("x", "following")}
    side = reading if reads_target else candidate
    return gradcheck.Case(reference=reference, candidate=side, batch=batch, variables=[w])


def test_a_network_that_the_candidate_does_not_read_is_tried_in_it():
    for reads_target in (False, True):
        (finding,) = gradcheck.diff(networks(reads_target)).findings
        assert finding.verified
        assert finding.fix.text == "target(following)"

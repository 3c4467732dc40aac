"""When a place is proved: by what other batches say of it."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison import locating, searched
from gradcheck.comparison.locating import OtherPair
from gradcheck.comparison.searched import _measured
from gradcheck.findings import Finding, Proof
from gradcheck.program.work import Work

OWN = 8


def batch(samples, second, says):
    return OtherPair(SimpleNamespace(samples=samples), second, SimpleNamespace(says=says))


@pytest.fixture
def confirmed(monkeypatch):
    class Scripted:
        def __init__(self, pair, *_):
            self.says = pair.says

        def same(self, _):
            return self.says

    monkeypatch.setattr(locating, "Comparison", Scripted)

    def confirmed(*batches):
        found = locating._confirmed([], SimpleNamespace(samples=OWN), batches, Work())
        return None if found is None else (found[0], found[2])

    return confirmed


HOLDS, DIFFERS, CANNOT_TELL = ["what was put in place"], [], None
DRAWN, SEED = "samples drawn again", "another seed"


def test_a_place_that_holds_on_another_batch_is_confirmed_there(confirmed):
    other = batch(4, SEED, HOLDS)
    assert confirmed(other) == (other, HOLDS)


def test_a_place_that_fails_on_a_batch_of_the_same_size_is_not_saved_by_a_third(confirmed):
    assert confirmed(batch(OWN, SEED, DIFFERS), batch(OWN, SEED, HOLDS)) is None


def test_a_place_that_fails_on_another_size_may_hold_on_the_same(confirmed):
    same = batch(OWN, SEED, HOLDS)
    assert confirmed(batch(4, SEED, DIFFERS), same) == (same, HOLDS)
    assert confirmed(batch(4, SEED, DIFFERS), batch(OWN, DRAWN, HOLDS)) is None, (
        "of another kind it proves less"
    )


def test_a_batch_that_cannot_tell_counts_for_nothing(confirmed):
    other = batch(OWN, DRAWN, HOLDS)
    assert confirmed(batch(OWN, SEED, CANNOT_TELL), other) == (other, HOLDS)
    assert confirmed(batch(OWN, SEED, CANNOT_TELL)) is None


def found(residual):
    proof = Proof(tried="it", residual=residual, samples=(OWN, 4), second=SEED)
    return Finding(cause="other", message="here", span=None, severity="error", proof=proof)


def measuring(left):
    return [SimpleNamespace(measure=lambda: left)]


def test_what_is_left_at_a_place_that_is_shown_is_measured():
    (one, other) = _measured([found(math.nan), found(1e-9)], measuring(1e-12))
    assert (one.proof.residual, other.proof.residual) == (1e-12, 1e-9)


def test_a_place_at_which_the_whole_gradients_differ_is_given_up():
    assert _measured([found(math.nan)], measuring(None)) is None


def test_nothing_is_measured_for_an_edit_that_was():
    unasked = [SimpleNamespace(measure=lambda: pytest.fail("it takes a replay of both sides"))]
    assert _measured([found(1e-9)], unasked) == [found(1e-9)]


def test_a_search_goes_on_without_a_place_that_is_given_up(monkeypatch):
    w = tf.Variable([0.5, -1.0, 2.0], name="w")
    x = np.linspace(0.5, 2, 12).reshape(4, 3).astype("float32")
    case = gradcheck.Case(
        reference=lambda x: tf.reduce_mean(tf.exp(x @ w[:, None])),
        candidate=lambda x: tf.reduce_mean(tf.exp(tf.sin(x) @ w[:, None])),
        batch={"x": x},
        variables=[w],
    )
    assert gradcheck.diff(case).findings[0].verified
    monkeypatch.setattr(searched, "_measured", lambda some, places: None if places else some)
    asked = []
    at = searched.Searching._at
    monkeypatch.setattr(
        searched.Searching, "_at", lambda self, places: asked.append(len(places)) or at(self, places)
    )
    gradcheck.diff(case)
    assert asked == [1, 0]


def test_a_variable_of_one_number_is_no_constant():
    scale = tf.Variable(0.7, name="scale")

    def reference(x):
        return tf.reduce_mean(tf.exp(scale) * tf.tanh(x))

    def candidate(x):
        return tf.reduce_mean(scale * tf.tanh(x))

    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[scale])
    found = gradcheck.diff(case).findings[0]
    assert found.verified and found.fix.text == "tf.exp(scale) * tf.tanh(x)"

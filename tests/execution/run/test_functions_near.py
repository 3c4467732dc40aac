"""The functions that a formulation is seen to reach: those of the user's own, and nothing is run for it."""

from __future__ import annotations

import functools

import pytest

from gradcheck.execution.run.functions_alive import Functions
from gradcheck.execution.run.functions_near import functions_near


def helper():
    return 1


class Agent:
    @property
    def loss(self):
        pytest.fail("a property is not to be run")

    def act(self):
        return helper()

    @staticmethod
    def score():
        return 2


def closure(inner):
    def outer():
        return inner()

    return outer


WAYS = {
    "itself": helper,
    "a closure": closure(helper),
    "a module's global": lambda: None,
    "a partial function": functools.partial(helper),
    "a method": Agent().act,
    "a list of them": [helper],
    "a wrapped one": functools.wraps(helper)(closure(helper)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_function_is_reached_by(way):
    assert helper in functions_near([WAYS[way]])


def test_the_methods_of_an_object_are_reached_and_its_properties_are_not_run():
    found = functions_near([Agent()])
    assert Agent.act in found
    assert Agent.score in found
    assert Agent.__dict__["loss"].fget in found


def hidden():
    return 3


HIDDEN = functools.lru_cache(hidden)
del hidden


def test_what_installed_code_holds_is_found_among_all_and_only_after_a_look_at_all():
    code = HIDDEN.__wrapped__.__code__
    assert HIDDEN.__wrapped__ not in functions_near([HIDDEN])
    alive = Functions([HIDDEN])
    assert alive.having([code]) == [HIDDEN.__wrapped__]
    assert alive.complete()
    assert not alive.complete(), "there are no more"

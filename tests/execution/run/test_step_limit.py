"""A loop of the user's own that a change made endless is ended, whatever catches exceptions on the way."""

import sys

import pytest

from gradcheck.execution.run.step_limit import Steps, TooManyStepsError


def counted(most, rounds):
    found = 0
    while found < rounds:
        try:
            found += 1
        except Exception:
            found = 0
    return found, most


def test_a_loop_is_ended_after_so_many_lines():
    with pytest.raises(TooManyStepsError), Steps(1000).counting():
        counted(1000, float("inf"))


def test_a_shorter_loop_is_not_and_its_lines_are_counted():
    steps = Steps(1000)
    with steps.counting():
        counted(1000, 10)
    assert 20 < steps.taken < 60


def calling_itself(times):
    return 0 if times == 0 else 1 + calling_itself(times - 1)


def test_a_function_that_calls_itself_is_ended_before_python_ends_it():
    with pytest.raises(TooManyStepsError), Steps(deepest=20).counting():
        calling_itself(10_000)


def test_one_that_does_so_a_few_times_is_not_and_neither_are_many_calls_one_after_the_other():
    steps = Steps(deepest=20)
    with steps.counting():
        assert [calling_itself(10) for _ in range(5)] == [10] * 5
    assert 11 <= steps.deepest <= 12


def test_whoever_traced_before_traces_again():
    def trace(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with Steps().counting():
            counted(0, 1)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)

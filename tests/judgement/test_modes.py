"""How a gradient that was taken in another way compares with the exact one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.judgement.modes import ROUNDING_UNIT, combined, compared, largest, lost_elements

UNIT = ROUNDING_UNIT["float32"]
G = np.array([3.0, 4.0])


def verdict(taken, exact=(G,), noise=None, unit=UNIT):
    noise = [0.0] * len(exact) if noise is None else noise
    return compared([np.asarray(one) for one in taken], list(exact), noise, unit).verdict


@pytest.mark.parametrize(("times", "said"), [(31, "same"), (33, "different")])
def test_thirty_two_roundings_are_allowed(times, said):
    assert verdict([G * (1 + times * UNIT)]) == said


@pytest.mark.parametrize(("times", "said"), [(31, "same"), (33, "different")])
def test_so_are_as_many_times_the_noise(times, said):
    assert verdict([G + np.array([1e-5 * times, 0.0])], noise=[1e-5]) == said


def test_noise_as_large_as_the_gradient_leaves_no_verdict():
    assert verdict([G + 0.01], noise=[1.0]) == "no_verdict"
    assert verdict([G * (1 + UNIT)], noise=[1.0]) == "same"  # to the last digit is no chance


def test_half_precision_promises_few_digits():
    assert verdict([G * 1.05], noise=[1.0], unit=ROUNDING_UNIT["bfloat16"]) == "same"
    assert verdict([G * 1.3], noise=[1.0], unit=ROUNDING_UNIT["bfloat16"]) == "no_verdict"
    assert verdict([G * 1.3], unit=ROUNDING_UNIT["bfloat16"]) == "different"


def test_one_variable_alone_may_differ():
    small = 1e-5 * G
    assert verdict([G, 2 * small], exact=(G, small)) == "different"
    assert compared([G, 2 * small], [G, small], [0.0, 0.0], UNIT).variable == 1


def test_one_that_is_zero_on_paper_decides_nothing():
    assert verdict([G, np.array([1e-9])], exact=(G, np.array([1e-17])), noise=[0.0, 1e-9]) == "same"


def test_a_gradient_that_is_zero_on_both_sides_proves_nothing():
    assert verdict([0 * G], exact=(0 * G,)) == "no_verdict"
    assert compared([None], [None], [0.0], UNIT).verdict == "no_verdict"


def test_none_counts_as_zero():
    assert compared([None], [G], [0.0], UNIT).verdict == "different"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_different(bad):
    found = compared([np.array([1.0, bad])], [G], [1.0], UNIT)
    assert (found.verdict, found.finite, found.cosine) == ("different", False, None)
    assert not math.isfinite(found.relative)


@given(st.floats(1e-30, 1e30), st.sampled_from((0.5, 2.0, -1.0)))
def test_a_multiple_is_told_at_every_scale(size, factor):
    found = compared([factor * size * G], [size * G], [0.0], UNIT)
    assert found.verdict == "different"
    assert found.scale == pytest.approx(factor)
    assert found.is_multiple


def test_parts_are_added_up_by_their_shares():
    (joined,) = combined([[G], [3 * G]], [0.25, 0.75])
    np.testing.assert_array_equal(joined, 2.5 * G)
    assert combined([[None], [G]], [1.0, 1.0])[0] is not None
    assert combined([[None], [None]], [1.0, 1.0]) == [None]


def test_lost_elements_are_counted_among_those_that_live():
    assert lost_elements([np.array([0.0, 0.0, 1.0])], [np.array([0.0, 2.0, 1.0])]) == 0.5
    assert lost_elements([None], [None]) == 0.0


def test_a_sample_that_is_not_finite_measured_nothing():
    assert largest([[1.0, math.nan], [2.0, math.inf]]) == [2.0, math.inf]
    assert verdict([G * (1 + 1e-3)], noise=[math.inf]) == "no_verdict"

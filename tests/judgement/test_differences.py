"""Figures of a difference against straightforward formulas."""

import math

import hypothesis.extra.numpy as npst
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcheck.judgement.differences import difference, norm, state

THOROUGH = settings(max_examples=300, deadline=None)
# Few values, so that equal, opposite, zero and much smaller elements meet often.
ELEMENTS = st.sampled_from([0.0, 1.0, -1.0, 2.0, 3.0, -0.5, 1e-3, 1e4])
SHAPES = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
SCALES = st.sampled_from([1e-300, 1e-150, 1e-45, 1e-6, 1.0, 1e6, 1e38, 1e150, 1e300])


@st.composite
def pairs(draw, elements=ELEMENTS):
    shape = draw(SHAPES)
    arrays = npst.arrays(np.float64, shape, elements=elements)
    return draw(arrays), draw(arrays)


def close(one: float | None, other: float | None, *, absolute: float = 1e-12) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=absolute)


@THOROUGH
@given(pairs())
def test_figures_are_those_of_the_formulas(pair):
    r, c = pair
    apart = difference(r, c)
    r_norm, c_norm = math.sqrt((r**2).sum()), math.sqrt((c**2).sum())
    inner, larger = float((r * c).sum()), max(r_norm, c_norm)
    both = r_norm * c_norm > 0
    expected = {
        "reference_norm": r_norm,
        "candidate_norm": c_norm,
        "absolute": math.sqrt(((c - r) ** 2).sum()),
        "max_abs": np.abs(c - r).max(initial=0.0),
        "relative": math.sqrt(((c - r) ** 2).sum()) / larger if larger else 0.0,
        "cosine": inner / (r_norm * c_norm) if both else None,
        "scale": inner / r_norm**2 if r_norm else None,
    }
    for name, value in expected.items():
        assert close(getattr(apart, name), value), name


@THOROUGH
@given(pairs())
def test_worst_is_an_index_of_the_largest_difference(pair):
    r, c = pair
    apart = difference(r, c)
    if r.size == 0:
        assert apart.worst is None
    else:
        assert apart.worst is not None and len(apart.worst) == r.ndim
        assert abs(c[apart.worst] - r[apart.worst]) == pytest.approx(apart.max_abs)


@THOROUGH
@given(pairs())
def test_sides_may_be_swapped(pair):
    r, c = pair
    one, other = difference(r, c), difference(c, r)
    assert (one.reference_norm, one.candidate_norm) == (other.candidate_norm, other.reference_norm)
    for name in ("absolute", "max_abs", "worst", "relative", "cosine"):
        assert getattr(one, name) == getattr(other, name)


@THOROUGH
@given(pairs(), SCALES)
def test_figures_keep_when_both_sides_are_scaled(pair, scale):
    r, c = pair
    one, other = difference(r, c), difference(r * scale, c * scale)
    for name in ("relative", "cosine", "scale"):
        assert close(getattr(one, name), getattr(other, name)), name
    for name in ("reference_norm", "candidate_norm", "absolute", "max_abs"):
        assert close(getattr(one, name) * scale, getattr(other, name), absolute=0.0), name


@THOROUGH
@given(pairs())
def test_relative_lies_between_zero_and_two(pair):
    assert 0.0 <= difference(*pair).relative <= 2.0 + 1e-12


@given(pairs(), st.sampled_from([0.5, 2.0, -1.0, -3.0, 1e-200]))
def test_a_multiple_of_the_reference_is_known_by_its_factor(pair, factor):
    r, _ = pair
    apart = difference(r, factor * r)
    if r.any():
        assert apart.scale == pytest.approx(factor, rel=1e-12)
        assert apart.cosine == pytest.approx(math.copysign(1.0, factor))


def test_a_tiny_gradient_beside_a_large_one_is_not_zero():
    apart = difference(np.array([1.0]), np.array([1e-200]))
    assert apart.candidate_norm == pytest.approx(1e-200)
    assert apart.cosine == pytest.approx(1.0)
    assert apart.scale == pytest.approx(1e-200)
    assert difference(np.array([1.0]), np.array([0.0])).candidate_norm == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_precision_is_compared_in_float64(dtype):
    # 70000 ** 2 and 60000 * 60000 are infinite in float16.
    large = np.array([60000.0, 60000.0], dtype)
    assert difference(large, large).reference_norm == pytest.approx(60000 * math.sqrt(2))
    assert difference(large, -large).relative == pytest.approx(2.0)


def test_complex_gradients_are_compared_by_their_parts():
    r, c = np.array([3 + 4j]), np.array([3 - 4j])
    apart = difference(r, c)
    assert (apart.reference_norm, apart.max_abs) == (pytest.approx(5.0), pytest.approx(8.0))
    assert apart.cosine == pytest.approx((9 - 16) / 25)
    assert difference(r, r).relative == 0.0


STATES = {
    "none": None,
    "zero": np.zeros(3),
    "finite": np.array([0.0, 1e-300, 0.0]),
    "non-finite": np.array([0.0, np.nan, 1.0]),
}


@pytest.mark.parametrize(("expected", "gradient"), STATES.items())
def test_four_things_that_are_not_the_same(expected, gradient):
    assert state(gradient) == expected


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (np.array([np.inf]), "non-finite"),
        (np.array([-np.inf, 0.0]), "non-finite"),
        (np.array([np.float32(1e-45)]), "finite"),
        (np.array([np.float16(6e-8)], np.float16), "finite"),
        (np.zeros((0, 3)), "zero"),
        (np.array([-0.0]), "zero"),
        (np.array(0.0), "zero"),
    ],
)
def test_states_at_their_boundaries(gradient, expected):
    assert state(gradient) == expected


@given(pairs())
def test_none_counts_as_zero_and_is_told_from_it(pair):
    r, _ = pair
    absent, zero = difference(r, None), difference(r, np.zeros_like(r))
    assert absent.candidate_norm is None
    assert zero.candidate_norm == 0.0
    for name in ("reference_norm", "absolute", "max_abs", "worst", "relative", "cosine", "scale"):
        assert getattr(absent, name) == getattr(zero, name), name


def test_nothing_against_nothing():
    apart = difference(None, None)
    assert (apart.reference_norm, apart.candidate_norm, apart.cosine, apart.scale) == (None,) * 4
    assert (apart.absolute, apart.max_abs, apart.relative) == (0.0, 0.0, 0.0)


SPECIAL = st.sampled_from([0.0, 1.0, -2.0, math.nan, math.inf, -math.inf])


@THOROUGH
@given(pairs(SPECIAL))
@example((np.array([0.0]), np.array([math.nan])))
@example((np.array([math.inf]), np.array([math.inf])))
def test_what_is_not_finite_gives_no_finite_figure_and_no_warning(pair):
    r, c = pair
    apart = difference(r, c)
    assert math.isfinite(apart.reference_norm) == np.isfinite(r).all()
    assert math.isfinite(apart.candidate_norm) == np.isfinite(c).all()
    both = bool(np.isfinite(r).all() and np.isfinite(c).all())
    assert math.isfinite(apart.absolute) == both
    assert math.isfinite(apart.relative) == both


def test_a_nan_is_the_worst_element():
    r = np.zeros((2, 2))
    c = np.array([[5.0, 0.0], [math.nan, 7.0]])
    assert difference(r, c).worst == (1, 0)
    assert difference(r, np.nan_to_num(c)).worst == (1, 1)


@pytest.mark.parametrize("factor", [1.0, 1e-200, 1e200])
def test_gradients_larger_than_a_piece_are_compared_whole(factor):
    r, c = np.random.default_rng(0).normal(size=(2, 300, 350))
    c[250, 7] = 100.0
    apart = difference(r * factor, c * factor)
    assert apart.worst == (250, 7)
    assert apart.absolute == pytest.approx(float(np.linalg.norm(c - r)) * factor)
    assert apart.cosine == pytest.approx(float((r * c).sum() / np.linalg.norm(r) / np.linalg.norm(c)))
    c[150, 3] = math.nan
    assert difference(r, c).worst == (150, 3)


@pytest.mark.parametrize(
    ("one", "other"), [((3, 1), (1, 3)), ((3,), (3, 1)), ((), (1,)), ((2, 3), (6,)), ((0,), (0, 1))]
)
def test_gradients_of_other_shapes_are_never_broadcast(one, other):
    assert difference(np.zeros(one), np.zeros(one)).relative == 0.0
    with pytest.raises(ValueError, match="cannot be compared"):
        difference(np.zeros(one), np.zeros(other))


@given(pairs(), SCALES)
def test_norm_neither_overflows_nor_underflows(pair, scale):
    r, _ = pair
    assert norm(r * scale) == pytest.approx(float(np.linalg.norm(r)) * scale, rel=1e-12)

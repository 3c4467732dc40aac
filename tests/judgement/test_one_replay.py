"""Where the float64 gradients of one side decide, and where those of the other are needed as well."""

import numpy as np
import pytest

from gradcheck.judgement.allowed_difference import EPSILON
from gradcheck.judgement.differences import difference, distance, norm
from gradcheck.judgement.one_replay import judged_by_one
from gradcheck.judgement.verdict import Sides, judge

RANDOM = np.random.default_rng(0)
EXACT = RANDOM.normal(size=(40, 5))


def off(gradient, digits):
    """Return a gradient that is so many of its last digits off, in float32."""
    moved = RANDOM.normal(size=np.shape(gradient))
    return (gradient + digits * EPSILON * norm(gradient) * moved / norm(moved)).astype(np.float32)


def by_one(*variables, replayed="candidate", loss=1.0):
    """Judge variables, each given as (reference, candidate, float64 gradient of the side that was replayed)."""
    native = [Sides(reference, candidate) for reference, candidate, _ in variables]
    ran = [getattr(sides, replayed) for sides in native]
    exact = [float64 for *_, float64 in variables]
    return judged_by_one(
        native,
        [difference(sides.reference, sides.candidate) for sides in native],
        list(map(norm, exact)),
        [distance(*pair) for pair in zip(ran, exact, strict=True)],
        replayed=replayed,
        loss=loss,
    )


def verdicts(*variables, **more):
    found = by_one(*variables, **more)
    return None if found is None else [judgement.verdict for judgement in found]


FINE = (off(EXACT, 3), off(EXACT, 3), EXACT)


@pytest.mark.parametrize("replayed", ["reference", "candidate"])
def test_sides_that_agree_as_they_ran_are_equivalent_if_one_is_near_its_float64_gradient(replayed):
    assert verdicts(FINE, replayed=replayed) == ["equivalent"]


def test_what_was_not_measured_is_none_and_the_noise_is_that_of_the_side_that_was_replayed():
    (judgement,) = by_one(FINE)
    assert (judgement.relative_float64, judgement.lost) == (None, None)
    assert judgement.noise == pytest.approx(distance(FINE[1], EXACT) / norm(EXACT))


@pytest.mark.parametrize(
    "variable",
    [
        pytest.param((off(EXACT, 100), off(EXACT, 3), EXACT), id="they differ as they ran"),
        pytest.param((-FINE[0], FINE[1], EXACT), id="they differ in sign"),
        pytest.param((FINE[0], FINE[0], -EXACT), id="both lose the gradient alike"),
        pytest.param((off(EXACT, 3e3),) * 2 + (EXACT,), id="the side that was replayed is noisy"),
        pytest.param((0 * FINE[0], FINE[1], EXACT), id="the other side is zero"),
        pytest.param((0 * FINE[0],) * 2 + (0 * EXACT,), id="both are zero, and underflow may be why"),
        pytest.param((None, FINE[1], EXACT), id="the other side has no gradient"),
        pytest.param((np.full_like(FINE[0], np.nan), FINE[1], EXACT), id="one is not finite"),
        pytest.param((np.full_like(FINE[0], np.nan),) * 2 + (EXACT,), id="both are not finite"),
        pytest.param((FINE[0], FINE[1], EXACT * np.nan), id="it is not finite in float64"),
    ],
)
def test_both_sides_have_to_be_replayed_where(variable):
    assert verdicts(FINE, variable) is None
    assert verdicts(FINE, FINE) is not None


def test_a_gradient_that_no_digit_of_the_loss_shows_is_not_decided_by_one_side():
    assert verdicts(FINE, loss=1e9 * norm(EXACT)) is None


def test_a_variable_without_a_gradient_on_either_side_is_vacuous():
    assert verdicts(FINE, (None, None, None)) == ["equivalent", "vacuous"]


class TestZeroOnPaper:
    """A bias in front of a normalisation: what is computed for it is rounding, and differs between the sides."""

    @staticmethod
    def noise(digits):
        return off(np.zeros(5) + EPSILON * norm(EXACT) / np.sqrt(5) * RANDOM.choice([-1, 1], 5), 0) * digits

    def bias(self, reference, candidate):
        exact = 1e-16 * norm(EXACT) * RANDOM.normal(size=5)
        return self.noise(reference), self.noise(candidate), exact

    def test_it_is_rounding_if_both_sides_hold_no_more_of_it(self):
        assert verdicts(FINE, self.bias(1, 1)) == ["equivalent", "rounding"]

    @pytest.mark.parametrize(("reference", "candidate"), [(100, 1), (1, 100), (5, 0.1)])
    def test_it_is_not_decided_if_one_side_holds_more(self, reference, candidate):
        assert verdicts(FINE, self.bias(reference, candidate)) is None


@pytest.mark.parametrize("size", [1e-30, 1e-6, 1.0, 1e6])
def test_the_verdict_is_that_of_both_replays_at_any_size(size):
    """...where the side that was not replayed is as near to its float64 gradient as a few last digits."""
    for _ in range(20):
        reference, candidate = (size * EXACT * (1 + d * EPSILON) for d in RANDOM.uniform(-5, 5, 2))
        sides = Sides(off(reference, 5), off(candidate, 5))
        found = verdicts((sides.reference, sides.candidate, candidate), loss=size)
        assert found == [each.verdict for each in judge([sides], [Sides(reference, candidate)])]

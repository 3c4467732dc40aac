"""The verdict: at its boundaries, at any scale, from either side."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcheck.judgement.allowed_difference import EPSILON, LOSSIER, LOSSY, NOISE_FACTOR, Probes
from gradcheck.judgement.verdict import (
    NATIVE_AGREE,
    NATIVE_DIFFER,
    Judgement,
    Sides,
    judge,
    overall,
    visible_share,
)

THOROUGH = settings(max_examples=300, deadline=None)
MILDEST_FIRST = ("equivalent", "inconclusive", "unstable", "different")
SCALES = (1e-300, 1e-150, 1e-30, 1e-6, 1.0, 1e6, 1e30, 1e150, 1e300)
BELOW, ABOVE = 1 - 1e-6, 1 + 1e-6


def sides(*, apart=0.0, noise=(0.0, 0.0), g=1.0):
    """Return one variable, native and precise.

    Its true gradient has norm `g`, the candidate's differs from it by `apart`, and rounding adds
    `noise` to the two sides: all in directions of their own, so that every norm is known.
    """
    reference, candidate = np.array([g, 0.0, 0.0, 0.0]), np.array([g, 0.0, 0.0, apart])
    native = np.array([g, noise[0], 0.0, 0.0]), np.array([g, 0.0, noise[1], apart])
    return Sides(*native), Sides(reference, candidate)


def judged(*variables, float64=True) -> list[Judgement]:
    native, exact = zip(*variables, strict=True)
    return judge(native, exact if float64 else None)


def verdict(*variables) -> str:
    """Return the verdict on the first of `variables`."""
    return judged(*variables)[0].verdict


def swapped(variable):
    return tuple(Sides(pair.candidate, pair.reference) for pair in variable)


def scaled(variable, scale):
    return tuple(
        Sides(*(None if g is None else g * scale for g in (pair.reference, pair.candidate)))
        for pair in variable
    )


def test_the_constants_are_the_documented_ones():
    assert (NOISE_FACTOR, LOSSY, LOSSIER) == (32, 1 / 32, 1000)
    assert (NATIVE_AGREE, NATIVE_DIFFER) == (100, 100_000)
    assert EPSILON == 2.0**-23


class TestNoise:
    """A difference counts when it exceeds 32 times the larger noise."""

    @pytest.mark.parametrize("scale", SCALES)
    @pytest.mark.parametrize("noise", [(1e-5, 0.0), (0.0, 1e-5), (1e-5, 1e-5), (1e-4, 1e-6), (1e-6, 1e-4)])
    def test_boundary_of_the_measured_noise(self, noise, scale):
        bound = 32 * max(noise)
        assert verdict(scaled(sides(apart=bound * BELOW, noise=noise), scale)) == "equivalent"
        assert verdict(scaled(sides(apart=bound * ABOVE, noise=noise), scale)) == "different"

    def test_the_bound_itself_is_still_rounding(self):
        assert verdict(sides(apart=2.0**-10, noise=(2.0**-15, 0.0))) == "equivalent"
        assert verdict(sides(apart=np.nextafter(2.0**-10, 1), noise=(2.0**-15, 0.0))) == "different"

    @pytest.mark.parametrize("scale", SCALES)
    @pytest.mark.parametrize("noise", [(0.0, 0.0), (1e-8, 0.0), (0.0, 1e-9)])
    def test_boundary_of_a_rounded_constant(self, noise, scale):
        """Less noise than one rounding to float32 is never believed."""
        bound = 32 * 2.0**-23
        assert verdict(scaled(sides(apart=bound * BELOW, noise=noise), scale)) == "equivalent"
        assert verdict(scaled(sides(apart=bound * ABOVE, noise=noise), scale)) == "different"

    @pytest.mark.parametrize("scale", SCALES)
    def test_boundary_of_what_float64_resolves(self, scale):
        """A bias before a normalisation, in a model that computes in float64: no noise can be observed."""
        rest, bound = sides(g=5.0), 32 * 2.0**-52 * 5.0

        def bias(apart):
            return sides(g=0.0, apart=apart)

        assert verdict(*(scaled(v, scale) for v in (bias(bound * BELOW), rest))) == "rounding"
        assert verdict(*(scaled(v, scale) for v in (bias(bound * ABOVE), rest))) == "different"

    def test_figures_are_shares_of_the_larger_gradient(self):
        for one, other in ((1.0, 2.0), (2.0, 1.0)):
            exact = Sides(np.array([one, 0.0]), np.array([other, 0.0]))
            native = Sides(np.array([one, 0.1]), np.array([other, 0.05]))
            assert (
                judge([native], [exact])[0].noise
                == judge([native], [exact])[0].lost
                == pytest.approx(0.1 / 2)
            )
            assert probing((native, exact), sensitivity=1e-3)[0].noise == pytest.approx(1e-3 / 2)
            assert judge([exact], [exact])[0].noise == pytest.approx(EPSILON)

    @pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
    def test_noise_of_another_variable_excuses_nothing(self, size):
        noisy = sides(noise=(1e-2 * size, 1e-2 * size), g=size)
        assert verdict(sides(apart=1e-3), noisy) == "different"
        assert verdict(sides(apart=0.0), noisy) == "equivalent"

    def test_noise_on_both_sides_near_convergence_decides_nothing(self):
        """The true gradients are 1e-9 and of opposite sign; float32 sees 1e-7 of noise on both sides."""
        for noise in ((1e-7, 1e-7), (1e-7, 3e-9), (2e-8, 1e-7)):
            assert verdict(sides(g=1e-9, apart=2e-9, noise=noise)) == "inconclusive"
            assert verdict(sides(g=1e-9, apart=1e-15, noise=noise)) == "equivalent"  # float64 settles it
        assert verdict(sides(g=1e-9, apart=2e-9, noise=(1e-12, 1e-12))) == "different"

    @pytest.mark.parametrize("scale", SCALES)
    def test_boundary_from_which_noise_leaves_room_for_a_mistake(self, scale):
        """32 times the noise is a tenth of the gradient."""

        def noisy(noise):
            return verdict(scaled(sides(apart=1e-4, noise=(noise, noise)), scale))

        assert noisy(0.1 / 32 * BELOW) == "equivalent"
        assert noisy(0.1 / 32 * ABOVE) == "inconclusive"

    @pytest.mark.parametrize("noise", [(1e-2, 1e-2), (1e-2, 1e-7)])
    def test_what_cannot_be_decided_of_a_negligible_part_holds_up_nothing(self, noise):
        one = sides(apart=1e-4, noise=(1e-2, 1e-2))
        assert verdict(one, sides(g=999.0)) == "inconclusive"
        assert verdict(one, sides(g=1001.0)) == "rounding"

    def test_a_tiny_gradient_is_judged_like_any_other(self):
        assert verdict(sides(g=1e-12, apart=1e-15, noise=(1e-19, 1e-19))) == "different"
        assert verdict(sides(g=1e-12, apart=1e-18, noise=(1e-19, 1e-19))) == "equivalent"


class TestNoisySide:
    """A side that is noisier than the other by far cannot excuse a difference."""

    @pytest.mark.parametrize("side", [0, 1])
    @pytest.mark.parametrize("scale", [1e-300, 1e-6, 1.0, 1e300])
    def test_boundary_from_which_the_quieter_side_sets_the_noise(self, side, scale):
        def with_ratio(ratio):
            noise = (1e-6, 1e-6 * ratio) if side else (1e-6 * ratio, 1e-6)
            return scaled(sides(apart=1e-4, noise=noise), scale)

        assert verdict(with_ratio(1000 * BELOW)) == "equivalent"
        assert verdict(with_ratio(1000 * ABOVE)) == "different"

    @pytest.mark.parametrize("side", [0, 1])
    def test_the_quieter_side_is_held_to_at_least_a_rounded_constant(self, side):
        least = EPSILON * 5  # the norm of the whole gradient, 3 and 4, is 5

        def with_noise(noise, apart=0.1):
            noises = (1e-12, noise) if side else (noise, 1e-12)
            return sides(apart=apart, noise=noises, g=3.0), sides(g=4.0)

        assert verdict(*with_noise(1000 * least * 0.999)) == "different"  # 0.1 is over 32 · 6e-4 anyway
        assert verdict(*with_noise(1000 * least * 0.999, apart=0.015)) == "equivalent"
        assert verdict(*with_noise(1000 * least * 1.001, apart=0.015)) == "different"
        assert verdict(*with_noise(1000 * least * 1.001, apart=32 * least * 0.999)) == "equivalent"
        assert verdict(*with_noise(1000 * least * 1.001, apart=32 * least * 1.001)) == "different"

    @pytest.mark.parametrize("side", [0, 1])
    def test_the_constants_that_are_rounded_on_the_noisy_side_count(self, side):
        """As in 1 - 3 · (1 / 3), of which float32 leaves 3e-8 where the other side is exactly zero."""
        noisy = sides(apart=1e-3, noise=(0.0, 2e-3) if side else (2e-3, 0.0))
        for constants, expected in ((1e-3, "equivalent"), (1e-5, "different")):
            assert probing(noisy, sensitivity=1.0, constants=constants)[0].verdict == expected

    @pytest.mark.parametrize("side", [0, 1])
    def test_boundary_of_what_a_side_may_lose(self, side):
        def losing(share):
            noise = (0.0, 5 * share) if side else (5 * share, 0.0)
            return judged(sides(noise=noise, g=3.0), sides(g=4.0))[0]

        assert losing(BELOW / 32).verdict == "equivalent"
        assert losing(BELOW / 32).lossy is None
        assert losing(ABOVE / 32).verdict == "unstable"
        assert losing(ABOVE / 32).lossy == ("candidate" if side else "reference")

    @pytest.mark.parametrize("side", [0, 1])
    @pytest.mark.parametrize("scale", [1e-290, 1e-6, 1.0, 1e300])
    def test_boundary_of_a_gradient_that_is_zero_on_paper(self, side, scale):
        """Its size is what the noise of float32 becomes in float64: nothing was there to lose."""
        bound = 32 * 2.0**-29

        def noisy(g, apart=0.0):
            return scaled(sides(g=g, apart=apart, noise=(0.0, 1.0) if side else (1.0, 0.0)), scale)

        assert verdict(noisy(bound * BELOW)) == "rounding"
        assert verdict(noisy(bound * ABOVE)) == "unstable"
        assert verdict(noisy(0.0, apart=bound * BELOW)) == "rounding"
        assert verdict(noisy(0.0, apart=bound * ABOVE)) == "different"

    def test_it_is_the_whole_gradient_that_a_loss_is_measured_by(self):
        """Only noise is left of a bias before a normalisation, on the side that computes it."""
        bias = sides(g=1e-17, noise=(0.0, 1e-8))
        assert verdict(bias, sides()) == "rounding"
        assert verdict(sides(g=1e-2, noise=(0.0, 1e-1)), sides()) == "unstable"

    @pytest.mark.parametrize("noise", [(1e-7, 0.5), (0.5, 1e-7), (0.0, 0.5), (0.5, 0.0)])
    def test_boundary_between_unstable_and_different(self, noise):
        """An ε inside a log makes a small difference beside what is lost; a fault makes a large one."""

        def relative(share):
            # apart / √(1 + apart²) is the share
            return sides(apart=share / np.sqrt(1 - share**2), noise=noise)

        assert verdict(relative(BELOW / 32)) == "unstable"
        assert verdict(relative(ABOVE / 32)) == "different"

    def test_a_lost_variable_cannot_hide_its_sign(self):
        """Rounding destroys the candidate's second gradient, which is a hundredth of the whole."""
        rest = sides(g=100.0)
        right = Sides(np.array([1.0]), np.array([0.0])), Sides(np.array([1.0]), np.array([1.0]))
        wrong = Sides(np.array([1.0]), np.array([0.0])), Sides(np.array([1.0]), np.array([-1.0]))
        assert verdict(wrong, rest) == "different"
        assert verdict(right, rest) == "equivalent"

    def test_a_side_that_overflows_is_unstable_whatever_the_difference(self):
        inf, one, two = np.array([np.inf]), np.array([1.0]), np.array([2.0])
        for exact in (Sides(one, one), Sides(one, two)):
            assert judge([Sides(one, inf)], [exact])[0].verdict == "unstable"
            assert judge([Sides(one, inf)], [exact])[0].lossy == "candidate"
            assert judge([Sides(inf, one)], [exact])[0].lossy == "reference"
        assert judge([Sides(one, one)], [Sides(one, one)])[0].verdict == "equivalent"


Z, A, B = np.zeros(2), np.array([1.0, 2.0]), np.array([1.0, 3.0])
NAN, NAN_LATER = np.array([np.nan, 2.0]), np.array([1.0, np.nan])
INF = np.array([np.inf, 2.0])
TINY, TINY_MINUS = np.array([1e-50, 0.0]), np.array([-1e-50, 0.0])


def probing(
    *variables, sensitivity=None, constants=None, resolution=None, half=True, visible=np.inf
) -> list[Judgement]:
    """Judge `variables` with probes that tell the given figures; one that is not given must not be asked."""

    def telling(figure):
        return lambda: [figure] * len(variables) if figure is not None else pytest.fail("not to be asked")

    native, exact = zip(*variables, strict=True)
    probes = Probes(telling(sensitivity), telling(constants), telling(resolution), half, visible)
    return judge(native, exact, probes=probes)


class TestSensitivity:
    """Noise excuses a difference only as far as what goes into the loss is rounded itself."""

    @pytest.mark.parametrize("scale", SCALES)
    def test_a_noisy_formulation_hides_no_difference(self, scale):
        noisy = scaled(sides(apart=0.5, noise=(0.02, 0.02)), scale)
        assert judge([noisy[0]], [noisy[1]])[0].verdict == "inconclusive"
        assert probing(noisy, sensitivity=1e-6 * scale)[0].verdict == "different"

    def test_boundary(self):
        for apart, expected in ((32e-4 * BELOW, "equivalent"), (32e-4 * ABOVE, "different")):
            assert probing(sides(apart=apart, noise=(2e-3, 2e-3)), sensitivity=1e-4)[0].verdict == expected

    def test_the_smaller_of_both_counts(self):
        """A perturbation may tip a decision, such as an argmax, that rounding did not."""
        noisy = sides(apart=1e-3, noise=(1e-4, 1e-4))
        for sensitivity in (1e-4, 0.14, np.inf, np.nan):
            assert probing(noisy, sensitivity=sensitivity)[0].verdict == "equivalent"

    def test_it_is_measured_only_where_it_may_decide(self):
        assert probing(sides(apart=1e-6, noise=(1e-2, 1e-2)))[0].verdict == "equivalent"
        assert probing(sides(apart=0.5, noise=(8e-7, 8e-7)))[0].verdict == "different"


class TestLost:
    """Both sides lose the gradient alike: equal in float64, and neither learns."""

    @staticmethod
    def losing(share, sensitivity=1e-6, rest=0.0):
        return probing(
            sides(noise=(share, share)),
            *([sides(g=rest)] if rest else []),
            sensitivity=sensitivity,
            resolution=1e-16,
        )[0]

    def test_boundary(self):
        assert self.losing(0.9 * ABOVE).verdict == "unstable"
        assert self.losing(0.9 * ABOVE).lossy == "both"
        assert probing(sides(noise=(0.9 * BELOW, 0.9 * BELOW)))[0].verdict == "equivalent"

    def test_near_convergence_nobody_is_to_blame(self):
        """Rounding what goes in moves the gradient nearly as far: no formulation in float32 does better."""
        assert self.losing(1.0, sensitivity=1e-3 * ABOVE).verdict == "equivalent"
        assert self.losing(1.0, sensitivity=1e-3 * BELOW).verdict == "unstable"

    def test_a_part_that_float32_does_not_resolve_beside_the_whole_is_not_lost(self):
        assert self.losing(1.0, rest=1 / EPSILON * BELOW).verdict == "unstable"
        assert self.losing(1.0, rest=1 / EPSILON * ABOVE).verdict == "equivalent"

    def test_where_float32_has_no_digits_left_none_are_lost(self):
        for scale, expected in ((1e-30, "unstable"), (1e-32, "equivalent")):
            tiny = scaled(sides(noise=(1.0, 1.0)), scale)
            found = probing(tiny, sensitivity=1e-6 * scale, resolution=1e-16 * scale)[0]
            assert found.verdict == expected

    def test_one_side_alone(self):
        rest = sides(g=100.0)
        (_, exact), zero = sides(), np.zeros(4)
        for native, side in (
            (Sides(zero, exact.candidate), "reference"),
            (Sides(exact.reference, zero), "candidate"),
        ):
            found = probing((native, exact), rest, sensitivity=1e-6, resolution=1e-16)[0]
            assert (found.verdict, found.lossy) == ("unstable", side)

    def test_gradients_that_are_zero_as_they_run(self):
        (_, exact), (_, other) = sides(), sides(apart=1.0)
        idle = Sides(np.zeros(4), np.zeros(4))
        assert probing((idle, exact), sensitivity=1e-6, resolution=1e-16)[0].verdict == "unstable"
        assert probing((idle, exact), sensitivity=1e-2, resolution=1e-16)[0].verdict == "vacuous"
        assert probing((idle, exact), sensitivity=1e-6, resolution=1e-16, half=False)[0].verdict == "vacuous"
        assert probing((idle, other), sensitivity=1e-6, resolution=1e-16)[0].verdict == "different"
        assert probing((idle, other), sensitivity=1.0, resolution=1e-16)[0].verdict == "vacuous"


class TestRounding:
    """Gradients that are zero on paper, which leaves nothing to compare."""

    @pytest.mark.parametrize("noise", [(0.0, 1.0), (1.0, 1.0), (3.0, 0.6)])
    def test_boundary_where_the_noise_does_not_tell(self, noise):
        """4096 times a sample of the float64 rounding."""
        found = [
            probing(sides(noise=noise), sensitivity=1.0, resolution=r)[0]
            for r in (ABOVE / 4096, BELOW / 4096)
        ]
        assert found[0].verdict == "rounding"
        assert found[1].verdict != "rounding"

    def test_formulations_in_float64_show_no_noise(self):
        differing = sides(apart=1.0)
        assert probing(differing, resolution=1e-3)[0].verdict == "rounding"
        assert probing(differing, resolution=1e-6)[0].verdict == "different"

    def test_equal_rounding_proves_nothing_either(self):
        assert probing(sides(), resolution=1e-3, visible=1e-9)[0].verdict == "rounding"
        assert probing(sides(), resolution=1e-6, visible=1e-9)[0].verdict == "equivalent"
        assert probing(sides())[0].verdict == "equivalent"

    def test_a_variable_of_its_own(self):
        """What is zero on paper in one variable says nothing of the others, nor they of it."""
        bias, rest = sides(g=1e-17, noise=(1e-8, 1e-8)), sides()
        assert [one.verdict for one in judged(bias, rest)] == ["rounding", "equivalent"]
        assert [one.verdict for one in judged(bias, sides(apart=0.1))] == ["rounding", "different"]
        assert judged(sides(g=1e-6, apart=1e-6), rest)[0].verdict == "different"

    def test_what_is_not_finite_is_not_zero(self):
        for value in (np.nan, np.inf):
            pair = Sides(np.zeros(1), np.array([value]))
            assert probing((pair, pair), visible=1e-9)[0].verdict == "different"

    @pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
    def test_what_a_step_as_long_as_the_weights_changes(self, scale):
        gradients, weights = [scale * np.array([3e-16, 4e-16]), None], [np.array([1.0]), np.zeros(3)]
        assert visible_share(gradients, weights, scale) == pytest.approx(1e-15)
        assert visible_share(gradients, [9 * weights[0]], -scale) == pytest.approx(5e-15)
        assert visible_share(gradients, weights, 0.0) == np.inf
        assert visible_share([np.array([np.nan])], weights, 1.0) == np.inf

    def test_boundary_of_what_the_last_digit_of_the_loss_shows(self):
        different = sides(apart=1.0)
        for share, expected in ((2.0**-52 * BELOW, "rounding"), (2.0**-52 * ABOVE, "different")):
            assert probing(different, resolution=0.0, visible=share)[0].verdict == expected
        assert probing(sides(), resolution=0.0, visible=1e-20)[0].verdict == "equivalent"


class TestStates:
    """None, zero, finite and not finite, in float64 and without it."""

    @pytest.mark.parametrize(
        ("reference", "candidate", "expected"),
        [
            (None, None, "vacuous"),
            (None, Z, "vacuous"),
            (Z, Z, "vacuous"),
            (A, A, "equivalent"),
            (A, B, "different"),
            (A, None, "different"),
            (A, Z, "different"),
            (TINY, TINY, "equivalent"),
            (TINY, TINY_MINUS, "different"),
            (TINY, None, "different"),
            (TINY, Z, "different"),
            (NAN, NAN, "inconclusive"),
            (NAN, INF, "inconclusive"),
            (NAN, NAN_LATER, "different"),
            (NAN, A, "different"),
            (NAN, None, "different"),
            (INF, Z, "different"),
        ],
    )
    @pytest.mark.parametrize("float64", [True, False])
    def test_verdict(self, reference, candidate, expected, float64):
        for pair in (Sides(reference, candidate), Sides(candidate, reference)):
            assert judge([pair], [pair] if float64 else None)[0].verdict == expected

    @pytest.mark.parametrize("exact", [(TINY, TINY), (TINY, TINY_MINUS), (Z, TINY), (None, TINY)])
    def test_what_underflows_on_both_sides_is_vacuous(self, exact):
        """While nothing tells whether it was lost, there was nothing to compare."""
        assert judge([Sides(Z, Z)], [Sides(*exact)])[0].verdict == "vacuous"

    def test_not_finite_in_float64_alone_is_judged_by_float64(self):
        assert judge([Sides(A, A)], [Sides(A, NAN)])[0].verdict == "different"
        assert judge([Sides(A, A)], [Sides(NAN, NAN)])[0].verdict == "inconclusive"

    def test_the_same_variable_must_be_compared(self):
        pair = Sides(np.zeros((3, 1)), np.zeros((1, 3)))
        for float64 in ([pair], None):
            with pytest.raises(ValueError, match="cannot be compared"):
                judge([pair], float64)

    def test_as_many_variables_in_float64(self):
        with pytest.raises(ValueError, match="zip"):
            judge([Sides(A, A), Sides(A, A)], [Sides(A, A)])


class TestWithoutFloat64:
    """Relative differences decide, and there is a zone where nothing can be said."""

    @staticmethod
    def at(relative, dtype, rest=0.0):
        apart = relative / np.sqrt(1 - relative**2) if relative < 1 else 1.0
        pair = Sides(np.array([1, 0], dtype), np.array([1, apart], dtype))
        others = [Sides(np.array([rest], dtype), np.array([rest], dtype))] if rest else []
        return judge([pair, *others], None)[0].verdict

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_boundaries_of_the_grey_zone(self, dtype):
        unit = np.finfo(dtype).eps
        assert self.at(0.999 * 100 * unit, dtype) == "equivalent"
        assert self.at(1.001 * 100 * unit, dtype) == "inconclusive"
        assert self.at(0.999 * 100_000 * unit, dtype) == "inconclusive"
        assert self.at(1.001 * 100_000 * unit, dtype) == "different"

    def test_half_precision_can_differ_too(self):
        assert self.at(0.09, np.float16) == "equivalent"
        assert self.at(0.11, np.float16) == "inconclusive"
        assert self.at(0.49, np.float16) == "inconclusive"
        assert self.at(0.51, np.float16) == "different"

    def test_the_coarser_side_sets_the_unit(self):
        single, double = np.array([1.0], np.float32), np.array([1.0 + 1e-6])
        for pair in (Sides(single, double), Sides(double, single)):
            assert judge([pair], None)[0].verdict == "equivalent"
        assert judge([Sides(single.astype(float), double)], None)[0].verdict == "different"

    def test_what_is_small_beside_the_whole_may_be_rounding(self):
        apart = 0.5 / np.sqrt(1 - 0.5**2)
        enough = apart / (100 * np.finfo(np.float32).eps)
        assert self.at(0.5, np.float32, rest=enough * 1.001) == "inconclusive"
        assert self.at(0.5, np.float32, rest=enough * 0.999) == "different"

    def test_no_figure_of_float64_is_made_up(self):
        judgement = judge([Sides(A, B)], None)[0]
        assert (judgement.relative_float64, judgement.noise, judgement.lossy) == (None, None, None)


POWERS = st.sampled_from([0.0, *(10.0**power for power in range(-10, 1))])
VARIABLES = st.builds(
    lambda apart, one, other, g: sides(apart=apart, noise=(one, other), g=g),
    POWERS,
    POWERS,
    POWERS,
    st.sampled_from([0.0, 1e-9, 1e-3, 1.0, 30.0]),
)


@THOROUGH
@given(st.lists(VARIABLES, min_size=1, max_size=3))
def test_swapping_the_sides_swaps_nothing_but_the_name(variables):
    other_name = {None: None, "reference": "candidate", "candidate": "reference"}
    for one, other in zip(judged(*variables), judged(*map(swapped, variables)), strict=True):
        assert one.verdict == other.verdict
        assert one.lossy == other_name[other.lossy]
        assert (one.noise, one.relative_float64) == (other.noise, other.relative_float64)


@THOROUGH
@given(
    st.lists(VARIABLES, min_size=1, max_size=3),
    st.sampled_from([2.0**-950, 2.0**-500, 2.0**-20, 2.0**20, 2.0**500, 2.0**950]),
    st.booleans(),
)
@example([sides(noise=(0.5, 0.0)), sides(apart=1e-3)], 2.0**-950, True)
@example([sides(noise=(0.5, 0.0)), sides(apart=1e-3)], 2.0**950, True)
def test_verdicts_keep_when_everything_is_scaled(variables, scale, float64):
    """By a power of two, so that nothing is rounded."""
    before = judged(*variables, float64=float64)
    after = judged(*(scaled(variable, scale) for variable in variables), float64=float64)
    for one, other in zip(before, after, strict=True):
        assert (one.verdict, one.lossy) == (other.verdict, other.lossy)
        assert one.noise == (other.noise if other.noise is None else pytest.approx(other.noise))


@settings(max_examples=50, deadline=None)
@given(POWERS, POWERS, st.sampled_from([0.0, 1.0, 50.0]))
def test_a_larger_difference_is_never_judged_milder(one, other, rest):
    severities = [
        MILDEST_FIRST.index(verdict(sides(apart=apart, noise=(one, other)), sides(g=rest)))
        for apart in np.geomspace(1e-9, 10, 25)
    ]
    assert severities == sorted(severities)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_larger_difference_is_never_judged_milder_without_float64(dtype):
    verdicts = [
        judge([Sides(np.ones(1, dtype), np.array([1 + apart], dtype))], None)[0].verdict
        for apart in np.geomspace(1e-16, 10, 60)
    ]
    severities = list(map(MILDEST_FIRST.index, verdicts))
    assert severities == sorted(severities)
    assert verdicts[0] == "equivalent"
    assert verdicts[-1] == "different"


@settings(max_examples=50, deadline=None)
@given(POWERS, st.sampled_from([0.0, 1e-3, 1.0, 50.0]))
def test_more_noise_on_both_sides_never_makes_a_difference(apart, rest):
    differ = [
        verdict(sides(apart=apart, noise=(noise, noise)), sides(g=rest)) == "different"
        for noise in np.geomspace(1e-10, 1, 25)
    ]
    assert differ == sorted(differ, reverse=True)


@settings(max_examples=50, deadline=None)
@given(POWERS, POWERS)
def test_more_sensitivity_never_makes_a_difference(apart, noise):
    one = sides(apart=apart, noise=(noise, noise))
    differ = []
    for sensitivity in np.geomspace(1e-10, 1, 25):
        probes = Probes(lambda moved=sensitivity: [moved], *[lambda: [0.0]] * 2)
        differ.append(judge([one[0]], [one[1]], probes=probes)[0].verdict == "different")
    assert differ == sorted(differ, reverse=True)


@given(POWERS, POWERS, POWERS, st.permutations(range(4)))
def test_the_order_of_the_elements_does_not_matter(apart, one, other, order):
    native, float64 = sides(apart=apart, noise=(one, other))
    shuffled = [
        Sides(pair.reference[order].reshape(2, 2), pair.candidate[order].reshape(2, 2))
        for pair in (native, float64)
    ]
    assert verdict(shuffled) == verdict((native, float64))


def test_without_variables_nothing_is_proved():
    assert judge([], []) == judge([], None) == []
    assert overall([]) == "vacuous"


GRAVEST_FIRST = ("different", "unstable", "inconclusive", "equivalent", "vacuous")


@pytest.mark.parametrize(
    "verdicts", [v for n in (1, 2, 3) for v in itertools.product(GRAVEST_FIRST, repeat=n)]
)
def test_the_gravest_verdict_is_that_of_the_case(verdicts):
    expected = next(verdict for verdict in GRAVEST_FIRST if verdict in verdicts)
    assert overall(verdicts) == overall(("rounding", *verdicts)) == expected


def test_rounding_alone_proves_nothing():
    assert overall(("rounding", "rounding")) == overall(("rounding", "vacuous")) == "vacuous"

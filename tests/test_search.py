"""The search, on a candidate that is plain arithmetic: what is proved, and what is said when nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.causes.proposal import Proposal
from gradcheck.edits import Edit, OnOutput, Place
from gradcheck.findings import Finding
from gradcheck.search import Search, Target

GRADIENT = np.array([3.0, -4.0])


def edit(function, argument=None, place="here"):
    return Edit(Place(None, place), OnOutput(function, argument))


def proposal(*edits, **options):
    finding = Finding(cause="sign", message="this has the wrong sign", span=None)
    return Proposal(finding=finding, edits=edits, text="-(x)", **options)


def target(wrong_by, places=("here",)):
    """Return a target whose candidate is `wrong_by` times the reference; edits at `places` multiply it."""

    def attempt(edits):
        factor = wrong_by
        for made in edits:
            if made.place.type in places:
                factor *= -1.0 if made.change.function == "negative" else made.change.argument
        return [factor * GRADIENT]

    return Target(gradients=[GRADIENT], allowed=[1e-6], attempt=attempt)


def search(first, second, *proposals):
    asked = []

    def confirm():
        asked.append(True)
        return second

    done = Search(first, confirm, budget=60)
    return [found.finding for found in done.run(proposals)], asked


def solving(**options):
    return proposal(
        edit("scale", 1.0),
        **options,
        describe=lambda factor: Finding(cause="reduction", message=f"{factor:.6g} times", span=None),
    )


def test_what_holds_on_both_batches_is_verified():
    (finding,), asked = search(target(-1.0), target(-1.0), proposal(edit("negative")))
    assert finding.verified
    assert finding.severity == "error"
    assert finding.fix.text == "-(x)"
    assert finding.fix.residual < 1e-15
    assert len(asked) == 1


def test_what_fails_on_the_second_batch_is_not_said():
    findings, _ = search(target(-1.0), target(-2.0), proposal(edit("negative")))
    assert findings == []


def test_without_a_second_batch_it_is_a_suspicion_and_no_fix():
    (finding,), asked = search(target(-1.0), None, proposal(edit("negative")))
    assert not finding.verified
    assert finding.severity == "suspicion"
    assert finding.fix is None
    assert "no second batch could be made" in finding.notes[-1]
    assert len(asked) == 1


def test_nothing_is_repaired_where_nothing_differs():
    findings, asked = search(target(1.0), target(1.0), proposal(edit("negative")))
    assert findings == []
    assert asked == []


def test_a_factor_is_solved_for():
    (finding,), _ = search(target(0.25), target(0.25), solving())
    assert finding.message == "4 times"
    assert finding.verified
    assert finding.notes == ()


def test_a_factor_that_depends_on_the_batch_says_so():
    (finding,), _ = search(target(0.25), target(0.2), solving())
    assert finding.message == "4 times"
    assert "on a second one it takes 5" in finding.notes[-1]


@pytest.mark.parametrize(("wrong_by", "shown"), [(0.25, "reduction"), (4.0, "reduction"), (0.4, "sign")])
def test_an_odd_factor_is_shown_only_where_nothing_else_repairs(wrong_by, shown):
    other = proposal(edit("scale", 1 / wrong_by), preference=1)
    (finding,), _ = search(target(wrong_by), target(wrong_by), solving(), other)
    assert finding.cause == shown
    (finding,), _ = search(target(wrong_by), target(wrong_by), solving())
    assert finding.cause == "reduction"


def two_faults():
    return (
        proposal(edit("negative", place="there")),
        proposal(edit("scale", 0.5, place="here")),
    )


def test_two_faults_are_repaired_together_and_each_says_that_it_needs_the_other():
    both = ("here", "there")
    findings, _ = search(target(-2.0, both), target(-2.0, both), *two_faults())
    assert [finding.verified for finding in findings] == [True, True]
    assert all("with both fixes, not with one" in finding.notes[-1] for finding in findings)


def test_two_faults_without_a_second_batch_are_suspicions():
    findings, asked = search(target(-2.0, ("here", "there")), None, *two_faults())
    assert [finding.verified for finding in findings] == [False, False]
    assert len(asked) == 1


@pytest.mark.parametrize("unlikely", [(0, 1), (1, 0)])
def test_the_likelier_edit_is_shown(unlikely):
    likely, other = (
        proposal(edit("negative", place=place), unlikely=u) for place, u in zip("ab", unlikely, strict=False)
    )
    ordered = sorted([likely, other], key=lambda p: p.unlikely)
    done = Search(target(-1.0, ("a", "b")), lambda: target(-1.0, ("a", "b")), budget=60)
    (found,) = done.run(ordered)
    assert found.edits == ordered[0].edits
    assert done.tried == 1


def test_no_time_is_said_to_be_no_time():
    done = Search(target(-1.0), lambda: target(-1.0), budget=-1)
    assert done.run([proposal(edit("negative"))]) == []
    assert done.out_of_time


CURVES = {
    "a turn": lambda factor: np.array([np.cos(4.5 * factor), np.sin(4.5 * factor)]),
    "powers": lambda factor: np.array([factor**4, np.exp(-3.0 * factor), factor]),
}


def curved(gradient, wanted):
    """Return a target whose candidate's gradient is that function of the factor, and how often it is asked."""
    asked = []

    def attempt(edits):
        asked.append(edits)
        return [gradient(np.prod([made.change.argument for made in edits]))]

    return Target(gradients=[wanted], allowed=[1e-9], attempt=attempt), asked


@pytest.mark.parametrize("curve", CURVES)
def test_a_factor_is_found_along_a_curve(curve):
    target, _ = curved(CURVES[curve], CURVES[curve](0.5))
    factor, _ = target.solved(solving(curved=True))
    assert factor == pytest.approx(0.5)
    assert target.solved(solving()) is None


def test_where_no_factor_leads_nearer_the_search_gives_up_at_once():
    target, asked = curved(lambda factor: np.array([factor, 1.0]), np.array([1.0, 5.0]))
    assert target.solved(solving(curved=True)) is None
    assert len(asked) == 2

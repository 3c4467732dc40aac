"""What an edit that works has to pass before it is said: a test for each rule, and its twin that passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradcheck.repair.acceptance import Gate, Hit, Lead, Proved, Refused
from gradcheck.repair.factors import Quantity
from gradcheck.repair.other_batches import OtherBatch, OtherBatches
from support.trying import Candidate, edit, proposal, solving, target


def judged(hit, first, *others):
    """Judge a hit; `others` are targets, or targets with where they came from."""
    made = [one if isinstance(one, OtherBatch) else OtherBatch(one, "another seed") for one in others]
    return Gate(first, OtherBatches(lambda: [[one] for one in made])).judge(hit)


def hit(*proposals, factor=None):
    return Hit(proposals, 1e-16, factor)


NEGATED = hit(proposal(edit("negative")))


def with_factor(factor):
    return hit(replace(solving(), edits=(edit("multiply", factor, sought=True),)), factor=factor)


# A second batch.


@pytest.mark.parametrize(("there", "expected"), [(-1.0, Proved), (-2.0, Refused)])
def test_it_has_to_hold_on_a_second_batch(there, expected):
    assert isinstance(judged(NEGATED, target(-1.0), target(there)), expected)


def test_the_residual_is_the_largest_of_both_batches():
    near = target(Candidate({"here": -1.0 - 1e-8}), samples=6)
    assert judged(NEGATED, target(-1.0), near).proof.residual == pytest.approx(1e-8)
    worse = replace(NEGATED, residual=1e-7)
    assert judged(worse, target(-1.0), near).proof.residual == 1e-7


def test_how_it_was_proved_is_told_from_the_batches():
    proof = judged(NEGATED, target(-1.0), OtherBatch(target(-1.0, samples=6), "samples drawn again")).proof
    assert (proof.samples, proof.second, proof.holds) == ((8, 6), "samples drawn again", True)
    assert not replace(proof, samples=(8,)).holds
    assert not replace(proof, second=None).holds


@pytest.mark.parametrize("there", [1.0, -1.0])
def test_a_batch_on_which_the_sides_agree_anyway_proves_nothing(there):
    ruling = judged(NEGATED, target(-1.0), target(there))
    assert isinstance(ruling, Lead if there == 1.0 else Proved)


def test_a_batch_that_runs_another_branch_is_passed_over_for_one_that_does_not():
    elsewhere = target(Candidate({"there": -1.0}))
    assert isinstance(judged(NEGATED, target(-1.0), elsewhere, target(-1.0)), Proved)
    ruling = judged(NEGATED, target(-1.0), elsewhere)
    assert isinstance(ruling, Lead)
    assert "no second batch runs this" in ruling.note and not ruling.alone


def test_other_batches_are_made_only_when_they_are_asked_for():
    made = []

    def make():
        for number in range(3):
            made.append(number)
            yield [OtherBatch(target(-1.0), "another seed")]

    gate = Gate(target(-1.0), OtherBatches(make))
    assert made == []
    assert isinstance(gate.judge(NEGATED), Proved)
    assert isinstance(gate.judge(NEGATED), Proved)
    assert made == [0]


def test_of_batches_of_one_kind_the_first_is_taken_on_which_the_sides_differ():
    kind = [
        OtherBatch(target(wrong_by, samples=samples), "another seed")
        for wrong_by, samples in ((1, 6), (-1, 4), (2, 3))
    ]
    ruling = Gate(target(-1.0), OtherBatches(lambda: [kind])).judge(NEGATED)
    assert ruling.proof.samples == (8, 4)


# Its size.


def test_where_it_fails_at_another_size_one_of_the_same_size_is_looked_at_too():
    other_size, same_size = target(-2.0, samples=6), target(-1.0)
    ruling = judged(NEGATED, target(-1.0), other_size, same_size)
    assert ruling.this_size_only
    assert ruling.proof.samples == (8, 8)
    assert not judged(NEGATED, target(-1.0), target(-1.0, samples=6), same_size).this_size_only
    assert isinstance(judged(NEGATED, target(-1.0), other_size, target(-2.0)), Refused)


def test_what_fails_on_one_of_the_same_size_is_not_tried_until_it_holds():
    assert isinstance(judged(NEGATED, target(-1.0), target(-2.0), target(-1.0)), Refused)


def test_one_of_the_same_size_from_elsewhere_does_not_excuse_it():
    drawn = OtherBatch(target(-1.0), "samples drawn again")
    assert isinstance(judged(NEGATED, target(-1.0), target(-2.0, samples=6), drawn), Refused)


@pytest.mark.parametrize(("at_another_size", "expected"), [(0.5, Proved), (0.25, Refused)])
def test_a_number_has_to_hold_at_another_size(at_another_size, expected):
    ruling = judged(with_factor(2.0), target(0.5), target(at_another_size, samples=6), target(0.5))
    assert isinstance(ruling, expected)
    fixed = hit(proposal(edit("multiply", 2.0)))
    ruling = judged(fixed, target(0.5), target(at_another_size, samples=6), target(0.5))
    assert isinstance(ruling, expected)


# The number.

SIZE = Quantity(4.0, 4.0, "an axis has 4 elements")
CONSTANT = Quantity(0.01, 0.01, "0.01 is a constant", missing=True)


@pytest.mark.parametrize("factor", [-1.0, 2.0, -2.0, 0.5, -0.5, 4.0, 0.25, 0.01, 100.0])
def test_a_plain_number_a_size_or_a_constant_is_a_fix(factor):
    there = target(1 / factor, samples=6, quantities=[SIZE, CONSTANT])
    ruling = judged(with_factor(factor), target(1 / factor, quantities=[SIZE, CONSTANT]), there)
    assert ruling.no_fix == ""
    assert ruling.term.factor(ruling.term.quantity.value) == factor


@pytest.mark.parametrize("factor", [4.0, 0.25, 0.01, 3.7, -0.3, 1.1547])
@pytest.mark.parametrize("solved", [True, False])
def test_any_other_number_proves_the_place_and_is_no_fix(factor, solved):
    here = with_factor(factor) if solved else hit(proposal(edit("multiply", factor)))
    ruling = judged(here, target(1 / factor), target(1 / factor, samples=6))
    assert isinstance(ruling, Proved)
    assert "is neither a constant of either program" in ruling.no_fix


def test_what_was_found_nearby_is_tried_as_the_number_it_is_taken_for():
    ruling = judged(with_factor(2.0 + 1e-7), target(0.5), target(0.5, samples=6))
    assert ruling.hit.factor == 2.0
    assert ruling.hit.edits == (edit("multiply", 2.0, sought=True),)


def counts(value, samples):
    return Quantity("n", value, f"n, the number of samples, is {samples}", follows_batch=True)


def of_samples(factor, samples):
    return target(1 / factor, samples=samples, quantities=[counts(samples, samples)])


def test_a_number_that_follows_the_batch_proves_the_place_and_is_no_fix():
    ruling = judged(with_factor(1 / 8), of_samples(1 / 8, 8), of_samples(1 / 6, 6))
    assert isinstance(ruling, Proved)
    assert ruling.no_fix == (
        "the factor depends on the batch: it is 0.125 here, and 0.166667 on a second batch, so a number "
        "is not a fix"
    )


def test_a_number_that_only_happens_to_be_the_size_of_the_batch_is_told_from_it_by_another_size():
    axis = Quantity(8.0, 8.0, "an axis has 8 elements")
    first = target(1 / 8, quantities=[counts(8, 8), axis])
    fixed = judged(with_factor(8.0), first, target(1 / 8, samples=6, quantities=[counts(6, 6), axis]))
    assert fixed.no_fix == ""
    untold = judged(with_factor(8.0), first, target(1 / 8, quantities=[counts(8, 8), axis]))
    assert "a number is not a fix" in untold.no_fix


def test_a_number_that_is_the_same_on_a_batch_of_another_size_by_chance_follows_the_batch_all_the_same():
    mean = Quantity(("mean",), 3.7, "an array has the mean 3.7", follows_batch=True)
    first, second = (target(1 / 3.7, samples=samples, quantities=[mean]) for samples in (8, 6))
    assert "depends on the batch" in judged(with_factor(3.7), first, second).no_fix
    fixed = hit(proposal(edit("multiply", 3.7)))
    assert "may depend on the batch" in judged(fixed, first, second).no_fix


@pytest.mark.parametrize("there", [5.0, 7.0])
def test_a_count_that_is_another_one_on_a_second_batch_follows_the_batch(there):
    runs = [Quantity(("runs",), count, f"it runs {count} times") for count in (5.0, there)]
    ruling = judged(
        with_factor(1 / 5),
        target(5.0, quantities=runs[:1]),
        target(there, samples=6, quantities=runs[1:]),
    )
    assert (ruling.no_fix == "") == (there == 5.0)


@pytest.mark.parametrize("samples", [2, 4])
def test_a_plain_number_that_is_also_the_number_of_samples_needs_another_size(samples):
    first = target(0.5, samples=2, quantities=[counts(2, 2)])
    second = target(0.5, samples=samples, quantities=[counts(samples, samples)])
    assert (judged(with_factor(2.0), first, second).no_fix == "") == (samples == 4)
    fixed = hit(proposal(edit("multiply", 2.0)))
    assert (judged(fixed, first, second).no_fix == "") == (samples == 4)


@pytest.mark.parametrize("scaled", [0.2, None])
def test_of_a_constant_it_is_the_product_that_is_written(scaled):
    """0.2 times 0.05 is 0.01, a constant of the reference."""
    here = hit(replace(solving(scaled=scaled), edits=(edit("multiply", 0.05, sought=True),)), factor=0.05)
    ruling = judged(here, target(20.0, quantities=[CONSTANT]), target(20.0, samples=6, quantities=[CONSTANT]))
    assert (ruling.no_fix == "") == (scaled == 0.2)
    assert ruling.hit.factor == pytest.approx(0.05)


@pytest.mark.parametrize("missing", [0.05, 0.06])
def test_of_a_constant_the_product_comes_before_what_the_factor_is(missing):
    quantity = Quantity(missing, missing, missing=True)
    here = hit(replace(solving(scaled=0.1), edits=(edit("multiply", 0.5, sought=True),)), factor=0.5)
    first, second = (target(2.0, samples=samples, quantities=[quantity]) for samples in (8, 6))
    assert judged(here, first, second).term.over == (0.1 if missing == 0.05 else 1.0)


def test_of_a_constant_only_a_product_that_one_of_the_programs_has_is_likelier_than_a_factor():
    """Half of 4 is 2, which nobody wrote; twice 0.005 is 0.01."""
    gate = Gate(target(1.0, quantities=[CONSTANT]), OtherBatches(list))
    ranks = [
        gate.rank_of_factor(replace(with_factor(factor), parts=(solving(scaled=scaled),)))
        for scaled, factor in ((4.0, 0.5), (0.005, 2.0))
    ]
    assert ranks == [1, 0]


@pytest.mark.parametrize("number", [0.5, 0.37])
def test_two_edits_of_which_one_has_another_number_are_refused(number):
    both = Candidate({"here": 1 / number, "there": -1.0})
    pair = hit(proposal(edit("multiply", number)), proposal(edit("negative", place="there")))
    ruling = judged(pair, target(both), target(both, samples=6))
    assert isinstance(ruling, Proved if number == 0.5 else Refused)


def test_numbers_are_ranked_by_what_they_are():
    gate = Gate(target(1.0, quantities=[counts(8, 8), SIZE]), OtherBatches(list))
    ranks = [gate.rank_of_factor(with_factor(factor)) for factor in (2.0, 0.25, 8.0, 3.7)]
    assert ranks == [0, 0, 1, 2]
    assert gate.rank_of_factor(NEGATED) == 0


def test_a_factor_is_refused_where_on_a_second_batch_there_is_none():
    another_way = replace(target(1 / 1.6, samples=6), gradients=[np.array([4.0, 3.0])])
    assert isinstance(judged(with_factor(1.6), target(1 / 1.6, quantities=[KEPT]), another_way), Refused)


KEPT = Quantity(("kept",), 1.6, "a mask keeps 5 of 8 elements", follows_batch=True)


@pytest.mark.parametrize("explained", [True, False])
def test_a_factor_that_a_second_batch_has_otherwise_is_a_lead_where_something_explains_it(explained):
    first = target(1 / 1.6, quantities=[KEPT] * explained)
    ruling = judged(with_factor(1.6), first, target(0.5, samples=6))
    assert isinstance(ruling, Lead if explained else Refused)
    if explained:
        assert not ruling.alone
        assert ruling.term.quantity == KEPT
        assert "with this times 1.6, and on a second batch with this times 2:" in ruling.note


# The values of the losses.

STOPPED = hit(proposal(edit("stop_gradient")))


@pytest.mark.parametrize(("reference", "expected"), [(2.0, Proved), (1.0, Refused)])
def test_a_stop_is_a_repair_only_where_the_losses_have_the_same_value(reference, expected):
    """The candidate's loss is twice its gradient's scale: 2."""
    wrong = target(2.0, value=(reference, 1e-9))
    assert isinstance(judged(STOPPED, wrong, target(2.0, samples=6)), expected)


@pytest.mark.parametrize("reference", [2.0, 1.0])
def test_what_changes_the_value_is_not_held_to_it(reference):
    """A constant that is left out of a loss has no gradient."""
    wrong = target(-1.0, value=(reference, 1e-9))
    assert isinstance(judged(NEGATED, wrong, target(-1.0, samples=6)), Proved)


@pytest.mark.parametrize(("reference", "expected"), [(2.0, Proved), (1.0, Refused)])
def test_a_stop_is_held_to_it_beside_another_edit_too(reference, expected):
    both = {"here": 2.0, "there": -1.0}
    pair = hit(STOPPED.parts[0], proposal(edit("negative", place="there")))
    wrong = target(Candidate(both, value=-1.0 / -1.0), value=(reference, 1e-9))
    assert isinstance(judged(pair, wrong, target(Candidate(both), samples=6)), expected)

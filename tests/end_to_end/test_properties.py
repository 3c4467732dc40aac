"""Random losses: a formulation against itself, against another spelling of it, and against a planted fault.

With ``GRADCHECK_LONG=1`` thousands of programs are drawn instead of a few dozen.
"""

import functools
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st

import gradcheck
from support.manifest import LONG
from support.programs import (
    BROADCASTS,
    FAULTS,
    LOOP,
    PLAIN,
    PLANS,
    Fault,
    Plan,
    Program,
    case,
    gradients,
    programs,
)


def examples(usual: int, long: int):
    return settings(
        max_examples=long if LONG else max(usual // 4, 5),
        derandomize=not LONG,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def told(report: gradcheck.Report) -> gradcheck.Report:
    """Count the verdict and how far the float64 gradients are apart, for ``--hypothesis-show-statistics``."""
    ratio = max(
        (
            v.judgement.relative_float64 / v.judgement.noise
            for v in report.variables
            if v.judgement.noise and v.judgement.relative_float64 is not None
        ),
        default=0.0,
    )
    event(f"verdict: {report.verdict}")
    event(f"difference / noise: below 1e{math.floor(math.log10(ratio)) + 1}" if ratio else "no difference")
    return report


def has_gradient(program: Program, plan: Plan) -> bool:
    """Return whether anything can be compared, by nothing but a tape; what overflows is left out."""
    found = gradients(program, plan)
    assume(all(np.isfinite(gradient).all() for gradient in found))
    return any(gradient.any() for gradient in found)


def is_zero_on_paper(program: Program, plan: Plan) -> bool:
    """Return whether a loss in float64 has a gradient of nothing but rounding, as equal weights may give it.

    Those are among the hard negatives.
    """
    sizes = [np.abs(gradient).max() for gradient in gradients(program, plan)]
    return program.dtype == "float64" and max(sizes) < 1e-12


@examples(14, 300)
@given(programs(), PLANS)
def test_a_formulation_is_equivalent_to_itself(program, plan):
    expected = "equivalent" if has_gradient(program, plan) else "vacuous"
    assert told(gradcheck.diff(case(program, plan, plan), budget=0)).verdict == expected


@examples(14, 300)
@given(programs())
def test_a_loop_is_equivalent_to_its_vectorisation(program):
    assume(not is_zero_on_paper(program, LOOP))
    expected = "equivalent" if has_gradient(program, LOOP) else "vacuous"
    assert told(gradcheck.diff(case(program, LOOP, PLAIN), budget=0)).verdict == expected


@examples(18, 2000)
@given(programs(), PLANS, PLANS)
@example(  # a softmax that is sure by 1e-21: what it passes on is lost beside the loss, or not
    Program(
        n=1,
        width=4,
        embedded=True,
        steps=("softmax",),
        head="squared_error",
        reduction="sum",
        dtype="float32",
        weight=1000.0,
        seed=264,
    ),
    Plan(choices=(0, 0, 0, 0, 0, 0), traversal="whole"),
    Plan(choices=(42, 0, 0, 0, 0, 0), traversal="whole"),
)
def test_a_rewriting_by_identities_is_never_different(program, one, other):
    has_gradient(program, one)
    assume(not is_zero_on_paper(program, one))
    assert told(gradcheck.diff(case(program, one, other), budget=0)).verdict not in (
        "different",
        "inconclusive",
    )


@examples(12, 2000)
@given(
    programs(samples=st.integers(2, 4)),
    PLANS,
    PLANS,
    st.builds(Fault, kind=st.sampled_from(FAULTS), place=st.integers(0, 5)),
)
def test_a_planted_fault_is_never_equivalent(program, one, other, fault):
    assume(shows(program, one, other, fault))
    event(f"fault: {fault.kind}")
    assert told(gradcheck.diff(case(program, one, other, fault), budget=0)).verdict in (
        "different",
        "unstable",
    )


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_of_fault_is_found(kind):
    program = Program(n=3, embedded=True, steps=(4, "tanh", 3), head="cross_entropy")
    if kind in ("target", "rolled"):
        program = Program(n=3, embedded=True, steps=(4, "tanh", 1), head="squared_error")
    assert shows(program, LOOP, PLAIN, Fault(kind))
    assert gradcheck.diff(case(program, LOOP, PLAIN, Fault(kind)), budget=0).verdict == "different"
    assert without_a_fault(program) == "equivalent"


@functools.cache
def without_a_fault(program: Program) -> str:
    return gradcheck.diff(case(program, LOOP, PLAIN), budget=0).verdict


def shows(program: Program, one: Plan, other: Plan, fault: Fault) -> bool:
    """Return whether a fault changes a gradient by more than rounding, found with nothing but tapes.

    Both sides are computed in float64, and in float32 to see how much is lost there.
    """
    right, wrong = gradients(program, one, dtype="float64"), gradients(program, other, fault, "float64")
    lost = gradients(program, one, dtype="float32"), gradients(program, other, fault, "float32")
    for r, w, r32, w32 in zip(right, wrong, *lost, strict=True):
        if not all(np.isfinite(gradient).all() for gradient in (r, w, r32, w32)):
            return False
        size = max(np.linalg.norm(r), np.linalg.norm(w))
        noise = max(np.linalg.norm(r - r32), np.linalg.norm(w - w32), size * 2.0**-23)
        if noise and np.linalg.norm(r - w) > 40 * noise:
            return True
    return False


SAMPLES = st.integers(2, 7)


def columns(n: int, seed: int, width: int):
    """Return variables, a batch, and how a column (n, 1) of predictions comes from them."""
    draw = np.random.default_rng(seed)
    w = tf.Variable(draw.normal(size=(width, 1)).astype("float32"), name="w")
    batch = {
        "x": draw.normal(size=(n, width)).astype("float32"),
        "y": draw.normal(size=n).astype("float32"),
    }
    return w, batch


@examples(10, 200)
@given(SAMPLES, st.integers(1, 7), st.integers(0, 1000), st.sampled_from(list(BROADCASTS)))
@example(2, 2, 0, "column * row")
@example(2, 1, 0, "column += row")
def test_a_planted_broadcast_is_found_at_its_expression(n, width, seed, text):
    w, batch = columns(n, seed, width)

    def reference(x, y):
        return BROADCASTS[text](tf.squeeze(x @ w, 1), y)

    def candidate(x, y):
        return BROADCASTS[text](x @ w, y)

    report = told(gradcheck.diff(case_of(w, batch, reference, candidate), budget=0))
    assert report.verdict == "different"
    found = [finding for finding in report.findings if finding.cause == "broadcast"]
    assert [finding.span.text for finding in found] == [text]
    assert set(found[0].shapes[:2]) == {(n, 1), (n,)}
    assert found[0].shapes[2] == (n, n)
    assert found[0].span.file.endswith("programs.py")


@examples(10, 200)
@given(SAMPLES, st.integers(1, 7), st.integers(0, 1000), st.sampled_from(list(BROADCASTS)))
def test_the_same_expression_without_growth_is_no_finding(n, width, seed, text):
    w, batch = columns(n, seed, width)

    def reference(x, y):
        column = x @ w
        per_sample = [BROADCASTS[text](column[i], y[i : i + 1]) for i in range(n)]
        return tf.add_n(per_sample) if "multiply" in text else tf.add_n(per_sample) / n

    def candidate(x, y):
        return BROADCASTS[text](tf.squeeze(x @ w, 1), y)

    report = told(gradcheck.diff(case_of(w, batch, reference, candidate), budget=0))
    assert report.verdict == "equivalent"
    assert not report.findings


@examples(10, 200)
@given(SAMPLES, st.integers(1, 7), st.integers(0, 1000))
def test_an_outer_difference_that_is_linear_does_no_harm(n, width, seed):
    w, batch = columns(n, seed, width)

    def reference(x, y):
        return tf.reduce_mean(tf.squeeze(x @ w, 1) - y)

    def candidate(x, y):
        return tf.reduce_mean(x @ w - y)

    report = told(gradcheck.diff(case_of(w, batch, reference, candidate), budget=0))
    assert report.verdict == "equivalent"
    assert not [finding for finding in report.findings if finding.severity == "error"]


def case_of(w, batch, reference, candidate):
    return gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables={"w": w})

"""Real losses from public threads, each with its known truth.

With ``GRADCHECK_LONG=1`` all of them are judged, scaled and trained, instead of some.
"""

import functools
import runpy

import pytest

import gradcheck
from support import corpus
from support.manifest import sample
from support.project import ROOT

# A mask, an ε inside a log, NaN on one side, half precision, a difference that the loss does not show.
TO_SCALE = (
    "attention_mask_1e30",
    "case56_log_eps_moderate",
    "half_precision_mask_1e10",
    "vq_straight_through_too_early",
)
TO_TRAIN = (
    "case56_log_eps_moderate",
    "pinball_quantile_grid",
    "q_target_is_a_copy",
)


def test_the_corpus_is_there():
    assert len(corpus.NAMES) >= 84
    assert len(corpus.EQUIVALENT) >= 40
    assert len(corpus.DIFFERENT) >= 44
    assert all(corpus.truth(name).equivalent == (name in corpus.EQUIVALENT) for name in corpus.NAMES)


@pytest.mark.parametrize("name", sample(corpus.NAMES, every=10))
def test_verdict(name):
    report = gradcheck.diff(corpus.case(name), budget=0)
    assert report.equivalent == corpus.truth(name).equivalent, str(report)
    assert report.verdict in ("equivalent", "different", "unstable"), str(report)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
@pytest.mark.parametrize("name", sample(corpus.NAMES, always=TO_SCALE))
def test_verdict_of_scaled_losses(name, scale):
    report = gradcheck.diff(corpus.case(name, scale=scale), budget=0)
    assert report.equivalent == corpus.truth(name).equivalent, str(report)


@functools.cache
def trained(name):
    case = corpus.case(name)
    corpus.train(case)
    return case


@pytest.mark.parametrize("name", sample(corpus.EQUIVALENT, always=TO_TRAIN))
def test_equivalent_losses_stay_so_when_trained(name):
    case = trained(name)
    report = gradcheck.diff(case, budget=0)
    assert report.equivalent, str(report)


@pytest.mark.parametrize("name", ["q_target_is_a_copy"])
def test_a_fault_is_still_found_when_trained(name):
    case = trained(name)
    faulty = gradcheck.Case(
        reference=case.reference,
        candidate=lambda **batch: 1.001 * case.candidate(**batch),
        batch=case.batch,
        variables=case.variables,
    )
    assert gradcheck.diff(faulty, budget=0).verdict == "different"


# What Keras says of the critic is what the verdict says of it too.
of_one_unit = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
BANDIT = runpy.run_path(str(ROOT / "examples" / "bandit.py"))


@of_one_unit
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("actor", "different"),
        ("critic", "vacuous"),
        ("actor_fixed", "equivalent"),
        ("critic_fixed", "equivalent"),
    ],
)
def test_bandit(name, expected):
    assert gradcheck.diff(BANDIT[name](samples=20), budget=0).verdict == expected


@of_one_unit
@pytest.mark.parametrize("seed", [1])
def test_the_bandits_broadcast_is_named(seed):
    report = gradcheck.diff(BANDIT["actor"](seed=seed, samples=20), budget=0)
    found = next(finding for finding in report.findings if finding.cause == "broadcast")
    assert found.span.text == "advantages * tf.math.log(action_probs)"
    assert found.shapes == ((20, 1), (20,), (20, 20))
    assert found.span.file.endswith("examples/bandit.py")
    fixed = gradcheck.diff(BANDIT["actor_fixed"](seed=seed, samples=20), budget=0)
    assert not [finding for finding in fixed.findings if finding.severity == "error"]

"""The search for the smallest batch on which two formulations differ."""

from __future__ import annotations

import functools
import json
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.fuzzing.result import Batch, Counterexample, Crash, FuzzResult, fuzz_exit_code
from gradcheck.options import FuzzOptions
from gradcheck.report.fuzz_table import to_text
from support.project import ROOT
from support.reports import a_report
from support.target_sources import MAKE


@functools.cache
def weights():
    """Return the variable of all cases here; made late, since one that a module makes slows every test."""
    return tf.Variable([[0.5], [-1.0]], name="w")


def reference(x, y):
    return tf.reduce_mean(tf.square(y - tf.squeeze(x @ weights(), 1)))


def outer(x, y):
    return tf.reduce_mean(tf.square(y - x @ weights()))


def clipped(x, y):
    return tf.reduce_mean(tf.square(y - tf.clip_by_value(tf.squeeze(x @ weights(), 1), -8.0, 8.0)))


def needs_two(x, y):
    if len(x) < 2:
        raise ValueError("one sample has no spread")
    return reference(x, y)


def a_case(candidate, reference=reference, samples=6, **more):
    random = np.random.default_rng(1)
    batch = {
        "x": random.normal(size=(samples, 2)).astype("float32"),
        "y": random.normal(size=samples).astype("float32"),
    }
    return gradcheck.Case(
        **{"candidate": candidate, "reference": reference, "batch": batch} | more, variables=[weights()]
    )


def fuzz(candidate, examples=6, **options):
    names = ("reference", "batch", "samples", "couples_samples")
    case = {name: options.pop(name) for name in names if name in options}
    return gradcheck.fuzz(a_case(candidate, **case), examples=examples, **options)


# What is found.


def test_the_smallest_batch_of_an_outer_difference_has_two_samples(unchanged):
    with unchanged(weights()):
        result = fuzz(outer)
    assert (result.outcome, result.found, result.ended) == ("counterexample", True, "done")
    example = result.counterexample
    assert (example.batch.samples, example.batch.changes, example.report.verdict) == (2, (), "different")
    assert example.report.findings[0].cause == "broadcast"
    assert example.report.findings[0].verified
    assert example.batch.arrays["x"].shape == (2, 2)


def test_of_the_same_loss_twice_there_is_none():
    result = fuzz(lambda x, y: tf.reduce_mean(tf.square(tf.squeeze(x @ weights(), 1) - y)))
    assert (result.outcome, result.counterexample, result.crashes) == ("none", None, ())
    assert result.verdicts["equivalent"] >= 5


def test_a_difference_that_only_large_values_show_is_found():
    assert gradcheck.diff(a_case(clipped)).equivalent
    result = fuzz(clipped, examples=80)
    example = result.counterexample
    assert (example.batch.samples, len(example.batch.changes)) == (1, 1)
    assert "times 1e+" in example.batch.changes[0]


def test_a_loss_that_is_unstable_alone_is_a_counterexample():
    def naive(x, y):
        return tf.reduce_mean(
            tf.math.log(tf.reduce_sum(tf.exp(100.0 * tf.squeeze(x @ weights(), 1)))) * tf.ones(2)
        )

    def safe(x, y):
        return tf.reduce_logsumexp(100.0 * tf.squeeze(x @ weights(), 1))

    batch = {"x": np.array([[0.1, 0.1], [4.0, 0.1]], "float32"), "y": np.zeros(2, "float32")}
    result = fuzz(naive, examples=2, reference=safe, batch=batch)
    assert result.counterexample.report.verdict in ("unstable", "different")
    assert result.counterexample.batch.samples == 1


def test_without_a_reference_the_candidate_is_held_against_itself():
    assert fuzz(outer, examples=2, reference=None, samples=3).counterexample.batch.samples == 2
    assert fuzz(reference, examples=3, reference=None).outcome == "none"


def test_the_same_seed_finds_the_same():
    first, second = (fuzz(outer, examples=2, samples=3, seed=3).to_dict() for _ in range(2))
    assert first == second
    assert first["counterexample"]["seed"] == 3


def test_nested_batches_are_searched_too():
    batch = {"deep": {"x": [np.eye(2, dtype="float32")] * 2}, "y": np.array([1.0, 3.0], "float32")}
    case = a_case(
        lambda deep, y: outer(deep["x"][1], y), lambda deep, y: reference(deep["x"][1], y), batch=batch
    )
    found = gradcheck.fuzz(case, examples=3).counterexample.batch
    assert found.samples == 2
    assert sorted(found.arrays) == ["deep/x/0", "deep/x/1", "y"]


# Raising is a result of its own.


def test_that_the_candidate_alone_raises_is_said():
    result = fuzz(needs_two)
    assert (result.outcome, result.found) == ("raises", False)
    (crash,) = result.crashes
    assert (list(crash.errors), crash.batch.samples, crash.one_sided) == (["candidate"], 1, True)
    assert crash.errors["candidate"].endswith("ValueError: one sample has no spread")
    assert "gradcheck/" not in crash.errors["candidate"]
    assert "candidate raises at n = 1, where the reference does not:" in str(result)


def test_that_both_raise_is_said_and_is_no_difference():
    result = fuzz(needs_two, reference=needs_two)
    assert result.outcome == "none"
    (crash,) = result.crashes
    assert (list(crash.errors), crash.one_sided) == (["reference", "candidate"], False)
    assert "reference and candidate raise at n = 1:" in str(result)


def test_raising_does_not_hide_a_difference():
    def both(x, y):
        return outer(x, y) + 0 * needs_two(x, y)

    result = fuzz(both, examples=3, samples=3)
    assert (result.outcome, result.counterexample.batch.samples) == ("counterexample", 2)
    assert [list(crash.errors) for crash in result.crashes] == [["candidate"]]


def test_a_loss_that_wants_an_even_batch_is_compared_where_it_is_one():
    def halves(x, y):
        first, second = tf.split(x, 2), tf.split(y, 2)
        return (reference(first[0], second[0]) + reference(first[1], second[1])) / 2

    result = fuzz(halves, examples=12)
    assert result.outcome == "raises"
    assert result.verdicts["equivalent"] > 2
    assert result.crashes[0].batch.samples == 1


def test_the_batch_on_which_a_side_raises_is_made_smaller():
    def of_two_at_most(x, y):
        if len(x) > 2:
            raise RuntimeError("more than two samples")
        return reference(x, y)

    (crash,) = fuzz(of_two_at_most, examples=12).crashes
    assert (crash.batch.samples, list(crash.errors)) == (3, ["candidate"])


def test_where_a_side_always_raises_nothing_was_checked():
    def never(x, y):
        raise RuntimeError("never")

    result = fuzz(never)
    assert (result.outcome, result.verdicts) == ("not checked", {})
    assert "no two gradients were compared" in " ".join(str(result).split())


def test_a_factory_that_raises_for_another_seed_is_counted_and_said():
    @gradcheck.case
    def fragile(seed: int = 0):
        if seed > 0:
            raise ValueError("seed 0 alone")
        return a_case(reference)

    result = gradcheck.fuzz(fragile, examples=12)
    assert (result.outcome, result.crashes) == ("none", ())
    assert result.verdicts["inconclusive"] > 0
    assert "the case factory `fragile` raised" in result.undecided


# What is no counterexample.


def test_chance_is_no_counterexample():
    result = fuzz(lambda x, y: reference(x, y) * np.random.normal())
    assert (result.outcome, result.found) == ("not checked", False)
    assert set(result.verdicts) == {"inconclusive"}


def test_noise_of_the_candidate_alone_is_no_counterexample():
    result = fuzz(lambda x, y: reference(x, y) * tf.random.normal(()))
    assert not result.found


def test_what_is_vacuous_everywhere_was_not_checked():
    result = fuzz(lambda x, y: tf.reduce_mean(y), reference=lambda x, y: tf.reduce_mean(y))
    assert (result.outcome, set(result.verdicts)) == ("not checked", {"vacuous"})


# The limits of a search.


def test_without_time_one_batch_is_compared_and_that_is_said():
    result = fuzz(reference, budget=0)
    assert (result.batches, result.ended, result.outcome) == (1, "out of time", "none")
    assert "in 1 batch: 1 equivalent; the time limit was reached first (--budget)" in " ".join(
        str(result).split()
    )


def test_what_was_found_before_the_time_was_up_is_kept():
    result = fuzz(outer, budget=0)
    assert (result.ended, result.counterexample.batch.samples) == ("out of time", 6)


class Interrupted:
    """A loss during whose n-th call somebody presses Ctrl-C."""

    def __init__(self, loss, calls):
        self._loss, self._calls = loss, calls

    def __call__(self, x, y):
        self._calls -= 1
        if self._calls == 0:
            raise KeyboardInterrupt
        return self._loss(x, y)


def test_ctrl_c_keeps_the_best_found(unchanged):
    with unchanged(weights()):
        result = fuzz(Interrupted(outer, 9))
    assert (result.ended, result.outcome) == ("interrupted", "counterexample")
    assert "interrupted before the end" in " ".join(str(result).split())


def test_ctrl_c_with_nothing_found_ends_it(unchanged):
    with unchanged(weights()), pytest.raises(KeyboardInterrupt) as interrupt:
        fuzz(Interrupted(reference, 3))
    said = "case: no counterexample in 2 batches: 2 equivalent; interrupted before the end"
    assert str(interrupt.value) == said
    with pytest.raises(KeyboardInterrupt) as interrupt:
        fuzz(Interrupted(reference, 1))
    assert str(interrupt.value) == ""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: gradcheck.fuzz(reference), "is neither a gradcheck.Case nor a function marked"),
        (lambda: fuzz(reference, examples=0), "examples is 0; expected 1 or more"),
        (lambda: fuzz(reference, budget=float("nan")), "budget is nan; expected a number of seconds"),
        (lambda: fuzz(reference, reference=None, couples_samples=True), "there is no reference"),
        (lambda: fuzz(reference, batch={"x": weights()}), "the reference cannot be called with the arrays"),
        (
            lambda: fuzz(reference, batch={"x": np.ones((2, 2)), "y": np.ones(3)}),
            "it is not clear which leading axis is the sample axis: `x` has 2, `y` has 3",
        ),
        (
            lambda: fuzz(
                lambda r: 0.0, reference=lambda r: 0.0, batch={"r": tf.ragged.constant([[1.0], [1.0, 2.0]])}
            ),
            "the batch cannot be resampled: `r` is a tensorflow",
        ),
    ],
)
def test_what_cannot_be_searched_is_said(make, said):
    with pytest.raises(gradcheck.CaseError) as error:
        make()
    assert said in str(error.value)


def test_a_factory_that_raises_is_an_error():
    @gradcheck.case
    def broken():
        raise ValueError("no data")

    with pytest.raises(gradcheck.UserCodeError, match="the case factory `broken` raised"):
        gradcheck.fuzz(broken)


def test_the_progress_says_how_far_it_has_come():
    said = []
    fuzz(outer, examples=2, samples=3, watch=lambda stage, steps: said.append(stage))
    assert said[0] == "1 batch, the smallest that differs: 3 samples"
    assert any(stage.endswith("the smallest that differs: 2 samples") for stage in said)
    assert FuzzOptions().watch is None


# The command.


def spoken(outcome):
    return " ".join(outcome.out.split())


def test_the_bandit_differs_on_two_samples_and_the_file_shows_it_again(cli, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "found").mkdir()
    monkeypatch.chdir(tmp_path)
    options = ("--set", "samples=3", "--examples", "1")
    outcome = cli("fuzz", "examples/bandit.py:actor", *options, "--repro", "found/repro.py")
    assert outcome.code == 1, outcome.err
    assert outcome.out.startswith("actor  COUNTEREXAMPLE  2 samples\n")
    assert "states float32 (2, 2) [[" in spoken(outcome)
    assert "error[broadcast]" in outcome.out
    assert outcome.out.endswith(
        "\nwrote found/repro.py; reproduce the result with: gradcheck diff found/repro.py\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["examples", "found"]

    monkeypatch.chdir(tmp_path / "found")
    again = cli("diff", "repro.py", "--budget", "0")
    assert again.code == 1
    assert "both operands are broadcast: (2, 1) and (2,) give (2, 2)" in spoken(again)

    bandit = tmp_path / "examples" / "bandit.py"
    wrong, right = "candidate=actor_arrays(model", "candidate=actor_arrays_fixed(model"
    assert wrong in bandit.read_text()
    bandit.write_text(bandit.read_text().replace(wrong, right))
    assert cli("diff", "repro.py").code == 0


def test_of_the_repaired_bandit_there_is_none(cli, monkeypatch):
    monkeypatch.chdir(ROOT)
    outcome = cli("fuzz", "examples/bandit.py:actor_fixed", "--set", "samples=4", "--examples", "3")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("actor_fixed  NO COUNTEREXAMPLE\n  no counterexample in ")
    assert "this proves nothing about other batches" in outcome.out


HARD = """
    import numpy as np, tensorflow as tf
    import gradcheck

    w = tf.Variable(np.ones(80, "float32"), name="w")

    def loss(x, name):
        return tf.reduce_mean(x["deep"] @ w[:, None])

    @gradcheck.case
    def hard(samples: int = 6, factor: float = 1.0):
        batch = {"x": {"deep": np.ones((samples, 80), "float32")}, "name": np.array(["a", "bc"] * (samples // 2))}
        return gradcheck.Case(
            reference=loss,
            candidate=lambda x, name: factor * loss(x, name) if len(name) >= 3 else loss(x, name),
            batch=batch,
            variables=[w],
        )
"""


def test_large_arrays_and_text_are_reproduced_too(cli, target, tmp_path):
    path, repro = target(HARD), tmp_path / 'named """ and \\N.py'
    outcome = cli("fuzz", path, "--set", "factor=2", "--examples", "2", "--repro", repro)
    assert (outcome.code, outcome.err) == (1, "")
    assert "3 samples" in outcome.out
    assert "from_base64(" in repro.read_text()
    assert cli("diff", repro).code == 1


def test_a_file_that_does_not_show_it_again_is_complained_of_after_the_result(cli, target, tmp_path):
    path = target(
        MAKE
        + """
    import pathlib
    seen = pathlib.Path(__file__).with_suffix(".seen")
    factor = 1.0 if seen.exists() else 2.0
    seen.touch()

    @gradcheck.case
    def once():
        return make(candidate=lambda x: factor * loss(x))
    """
    )
    outcome = cli("fuzz", path, "--examples", "2", "--repro", tmp_path / "repro.py")
    assert outcome.code == 2
    assert "once  COUNTEREXAMPLE" in outcome.out
    assert (
        "repro.py was written, but does not reproduce it: its verdict is equivalent, but was" in outcome.err
    )


def test_without_a_counterexample_no_file_is_written(cli, target, tmp_path):
    assert cli("fuzz", target(HARD), "--examples", "2", "--repro", tmp_path / "repro.py").code == 0
    assert not (tmp_path / "repro.py").exists()


TWO = """
    @gradcheck.case
    def right():
        return make()

    @gradcheck.case
    def wrong():
        return make(candidate=lambda x: 2 * loss(x))
"""
NOT_EVEN_ONE = """
    @gradcheck.case
    def broken():
        raise ValueError("no data")
"""


def test_json_is_one_document(cli, target):
    outcome = cli("fuzz", target(MAKE + TWO), "--format", "json", "--examples", "5")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert (document["schema"], [case["name"] for case in document["cases"]]) == (1, ["right", "wrong"])
    right, wrong = document["cases"]
    assert (right["outcome"], right["counterexample"]) == ("none", None)
    assert (wrong["outcome"], wrong["counterexample"]["samples"]) == ("counterexample", 1)
    assert wrong["counterexample"]["arrays"]["x"] == {
        "dtype": "float32",
        "shape": [1, 2],
        "values": [[1.0, 1.0]],
    }
    assert wrong["counterexample"]["report"]["verdict"] == "different"


@pytest.mark.parametrize(("cases", "code"), [(NOT_EVEN_ONE, 2), (NOT_EVEN_ONE + TWO, 1)])
def test_a_case_that_cannot_be_checked_does_not_keep_others_from_it(cli, target, cases, code):
    outcome = cli("fuzz", target(MAKE + cases), "--examples", "3")
    assert outcome.code == code
    assert "broken  NOT CHECKED" in outcome.out
    assert outcome.err.startswith("error: broken: the case factory `broken` raised:")
    assert ("wrong  COUNTEREXAMPLE" in outcome.out) == (code == 1)


INTERRUPTED = """
    calls = []

    def interrupted(x):
        calls.append(x)
        if len(calls) > {calls}:
            raise KeyboardInterrupt
        return {factor} * loss(x)

    @gradcheck.case
    def case():
        return make(candidate=interrupted)
"""


@pytest.mark.parametrize(("factor", "code"), [(2, 1), (1, 130)])
def test_ctrl_c_ends_with_what_was_found(cli, target, factor, code):
    # With a difference each batch takes three calls of the candidate, and the last comparison some more.
    source = INTERRUPTED.format(calls=3, factor=factor).replace("> 3:", "== 4:")
    outcome = cli("fuzz", target(MAKE + source))
    assert outcome.code == code
    assert ("COUNTEREXAMPLE" in outcome.out) == (code == 1)
    said = "error: case: no counterexample in 3 batches: 3 equivalent; interrupted before the end"
    assert (said in " ".join(outcome.err.split())) == (code == 130)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("missing.py",), "missing.py does not exist"),
        (("{file}:none",), "has no `none`; cases there: `right`, `wrong`"),
        (("{file}", "--repro", "repro.py"), "--repro takes one case: name it (FILE.py:name)"),
        (("{file}", "--repro", "nowhere/repro.py"), "there is no folder nowhere"),
        (("{file}", "--set", "samples"), "--set samples: expected NAME=VALUE"),
        (("{file}:right", "--set", "n=1"), "the case factory `right` has no parameter `n`; it has none"),
        (("{file}", "--examples", "0"), "--examples"),
        (("{file}", "--examples", "few"), "--examples"),
        (("{file}", "--budget", "-1"), "--budget"),
        (("{file}", "--format", "github"), "--format"),
    ],
)
def test_what_cannot_be_done_is_an_error(cli, target, monkeypatch, options, said):
    file = target(MAKE + TWO)
    monkeypatch.chdir(file.parent)
    outcome = cli("fuzz", *[option.format(file=file) for option in options])
    assert outcome.code == 2
    assert said in outcome.err
    assert not pathlib.Path("repro.py").exists()


# The words and the table.


def a_batch(rows=(3, 0, 3), arrays=None, changes=()):
    return Batch(seed=4, rows=rows, changes=changes, arrays=arrays or {"x": np.arange(3.0)})


def a_result(**changes):
    parts = {"name": "loss", "batches": 9, "verdicts": {"equivalent": 7}, "counterexample": None}
    return FuzzResult(**{**parts, "crashes": (), "ended": "done", **changes})


def test_what_a_vacuous_batch_is_is_said():
    said = " ".join(to_text(a_result(verdicts={"equivalent": 7, "vacuous": 2})).split())
    assert "7 equivalent, 2 vacuous (every gradient zero or None: nothing was compared)" in said
    assert "vacuous" not in to_text(a_result(verdicts={"equivalent": 9}))


def test_a_search_without_a_result_in_words():
    crash = Crash(
        batch=a_batch((2,), changes=("`x` set to zero",)), errors={"reference": "ValueError: [/red]"}
    )
    result = a_result(
        crashes=(crash,), verdicts={"equivalent": 6, "inconclusive": 1}, undecided="both are nan"
    )
    assert to_text(result).splitlines() == [
        "loss  RAISES ON ONE SIDE",
        "  no counterexample in 9 batches: 6 equivalent, 1 inconclusive, 2 on which a",
        "  formulation raises",
        "  this proves nothing about other batches or other weights",
        "  one of them is the case's own batch, unchanged",
        "  could not be judged: both are nan",
        "",
        "  reference raises at n = 1, where the candidate does not:",
        "    row 2 of the case's own batch with seed 4; `x` set to zero",
        "    ValueError: [/red]",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_counterexample_keeps_to_the_width(width):
    arrays = {
        "x": np.linspace(0, 1, 24, dtype="float32").reshape(3, 8),
        "a/rather/long/name/of/an/array/in/a/nest/of/them": np.arange(3),
        "image": np.zeros((3, 30, 30)),
    }
    batch = a_batch(rows=tuple(range(20)), arrays=arrays)
    text = to_text(a_result(counterexample=Counterexample(batch=batch, report=a_report())), width)
    assert max(map(len, text.splitlines())) <= max(width, 78)
    assert "loss  COUNTEREXAMPLE  20 samples" in text
    assert "rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … of the" in " ".join(text.split())
    assert all(f"{value:.6g}"[:6] in text for value in arrays["x"].ravel())
    assert "image" in text
    assert text.count("0.") < 200  # of 2,724


def test_rows_are_listed_as_people_do():
    shown = [
        to_text(a_result(crashes=(Crash(batch=a_batch(rows), errors={"candidate": "x"}),)))
        for rows in ((5,), (1, 2), (3, 0, 3))
    ]
    assert ["row 5 of" in shown[0], "rows 1 and 2 of" in shown[1], "rows 3, 0 and 3 of" in shown[2]] == [
        True
    ] * 3


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 2),
        ([a_result()], 0),
        ([a_result(), a_result(verdicts={"vacuous": 9})], 2),
        ([a_result(verdicts={}), a_result(crashes=(Crash(batch=a_batch(), errors={"candidate": "x"}),))], 1),
        ([a_result(crashes=(Crash(batch=a_batch(), errors={"reference": "x", "candidate": "x"}),))], 0),
    ],
)
def test_the_exit_code_of_several_searches(outcomes, code):
    assert fuzz_exit_code(outcomes) == code


def test_numbers_that_json_has_not_are_words():
    batch = a_batch(arrays={"x": np.array([np.nan, np.inf]), "big": np.zeros(1001), "text": np.array(["a"])})
    document = a_result(counterexample=Counterexample(batch=batch, report=a_report())).to_dict()
    arrays = json.loads(json.dumps(document, allow_nan=False))["counterexample"]["arrays"]
    assert [arrays[name]["values"] for name in ("x", "big", "text")] == [["nan", "inf"], None, ["a"]]

"""Every example holds a mistake that people make, and the same loss without it."""

import importlib
import itertools
import runpy
import sys

import keras
import numpy as np
import pytest

import gradcheck
from gradcheck.report.snippet import to_text
from support.manifest import LONG
from support.project import ROOT

EXAMPLES = ROOT / "examples"
of_one_unit = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
PAIRS = {
    "accumulation": "reduction",
    "dqn": "broadcast",
    "keras_loss": "broadcast",
    "masked_sequence": "reduction",
    "ppo": "stop_gradient",
    "sac": "broadcast",
}


SCRIPTS = {
    "dqn": ("axis=1, keepdims=True", "axis=1", ()),
    "ppo": ("log_probs_of(states, actions))", "tf.stop_gradient(log_probs_of(states, actions)))", ()),
    "sac": ("self.twin(both))", "self.twin(both)[:, 0])", ("--at", "SCRIPT:45")),
    "vae": ("size=(64, 1)", "size=64", ()),
}
"""Whole training scripts: the mistake, its repair, and options that name the gradient."""


def case(name, which):
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))[which]


def test_every_example_is_tested():
    bandits = ["bandit", "bandit_fast", "bandit_slow", "bandit_tape", "bandit_training"]
    known = sorted([*PAIRS, *bandits, *(f"train_{name}" for name in SCRIPTS)])
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == known


@pytest.mark.parametrize("name", PAIRS)
def test_the_wrong_one_is_explained(name):
    report = gradcheck.diff(case(name, "wrong"), work=4_000)
    assert report.verdict == "different"
    assert (report.findings[0].cause, report.findings[0].verified) == (PAIRS[name], True), str(report)


@pytest.mark.parametrize("name", PAIRS)
def test_of_the_right_one_nothing_is_said(name):
    report = gradcheck.diff(case(name, "right"))
    assert report.equivalent
    assert [finding for finding in report.findings if finding.severity != "note"] == []


def test_the_page_lists_them_all():
    page = (EXAMPLES.parent / "docs" / "examples.md").read_text()
    assert [name for name in PAIRS if f"| `{name}.py` |" not in page] == []


@pytest.fixture
def training(monkeypatch, capsys):
    """Run the training script in a small size, and return what it prints."""
    monkeypatch.syspath_prepend(EXAMPLES)

    def run(*arguments):
        small = ("--simulations", "1", "--epochs", "2", "--samples", "4")
        monkeypatch.setattr(sys, "argv", ["bandit_training.py", *small, *map(str, arguments)])
        runpy.run_path(str(EXAMPLES / "bandit_training.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


@of_one_unit
def test_the_training_compares_and_goes_on_from_what_was_kept(training, tmp_path):
    kept = tmp_path / "rewards.npz"
    first, again = training("--compare", "--save", kept), training("--compare", "--save", kept)
    assert [line.split()[0] for line in first.splitlines()] == ["loop", "vectorised", "fixed", "loop"]
    assert "ms per epoch" in first
    assert "ms per epoch" not in again
    assert [line.partition("; ")[0] for line in first.splitlines()] == [
        line.partition("; ")[0] for line in again.splitlines()
    ]


@of_one_unit
def test_the_repaired_arrays_follow_the_loop_and_the_others_do_not(training, monkeypatch):
    *_, repaired = training("--compare", "--epochs", "3").splitlines()
    assert "the same actions in the first 3 of 3 epochs" in repaired
    assert float(repaired.partition("within ")[2].partition(";")[0]) < 1e-5
    monkeypatch.setattr("bandit.actor_arrays_fixed", importlib.import_module("bandit").actor_arrays)
    *_, broken = training("--compare", "--epochs", "3").splitlines()
    assert float(broken.partition("within ")[2].partition(";")[0]) > 1e-3


@of_one_unit
def test_in_expectation_the_product_of_means_is_an_nth_of_the_loss(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    script = runpy.run_path(str(EXAMPLES.parent / "docs" / "measure_bandit.py"))
    wrong, right = script["expected_gradients"](4)
    np.testing.assert_allclose(wrong, right / 4, rtol=1e-9)
    assert np.linalg.norm(right) > 0.01


@of_one_unit
def test_the_guard_says_of_the_training_what_the_page_shows(training):
    with gradcheck.guard(on="collect") as guard:
        training("--formulation", "vectorised", "--epochs", "1", "--samples", "100")
    finding, critic = guard.findings
    assert critic.cause == "dead"
    page = (EXAMPLES.parent / "docs" / "why-the-loop-learned.md").read_text()
    said, edge, expression = to_text(finding, width=80).partition("   |\n")
    assert said.partition("\n")[0] in page  # without the path below it, which depends on where it runs
    assert edge + expression in page
    with gradcheck.guard(on="collect") as guard:
        training("--formulation", "fixed", "--epochs", "1", "--samples", "100")
    assert guard.findings == (critic,)


@pytest.mark.parametrize(("loss", "labels"), [("class", (4,)), ("function", (4, 1))])
def test_keras_hands_labels_to_a_class_as_they_are(loss, labels):
    seen = []

    def squared(y_true, y_pred):
        seen.append((tuple(y_true.shape), tuple(y_pred.shape)))
        return keras.ops.mean(y_pred - keras.ops.reshape(y_true, (-1, 1)))

    class Squared(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return squared(y_true, y_pred)

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", loss=Squared() if loss == "class" else squared, run_eagerly=True)
    model.fit(np.ones((4, 2), "float32"), np.ones(4, "float32"), verbose=0)
    assert seen[-1] == (labels, (4, 1))


ON_THE_PAGE = [(False, name) for name in ("dqn", "ppo", "sac") if not LONG]
"""What docs/from-a-script.md shows, which is run."""


@pytest.mark.filterwarnings("ignore:Even though the")
@pytest.mark.parametrize(
    ("repaired", "name"),
    [both for both in itertools.product((False, True), SCRIPTS) if both not in ON_THE_PAGE],
)
def test_a_case_out_of_a_training_script_has_the_verdict_on_its_mistake(
    cli, target, tmp_path, name, repaired
):
    source = (EXAMPLES / f"train_{name}.py").read_text(encoding="utf-8")
    mistake, repair, options = SCRIPTS[name]
    assert mistake in source
    script = target(source.replace(mistake, repair) if repaired else source, "train.py")
    saved = tmp_path / "saved.py"
    cli("run", "--save-case", saved, *(option.replace("SCRIPT", str(script)) for option in options), script)
    found = cli("diff", saved)
    verdict = "CONSISTENT" if repaired else "VACUOUS" if name == "ppo" else "DIFFERENT"
    assert verdict in found.out and found.code == (0 if repaired else 1)
    assert ("fix: " in found.out) == (verdict == "DIFFERENT")

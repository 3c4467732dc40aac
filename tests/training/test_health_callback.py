"""`gradcheck.callbacks.GradientHealth`: one `fit` is watched, and no other."""

import contextlib
import csv
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

X, Y = np.ones((16, 4), "float32"), np.ones((16, 1), "float32")

pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")


def compiled(activation=None):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1, activation)])
    model.compile("sgd", "mse")
    return model


def fit(model, *callbacks):
    model.fit(X, Y, batch_size=4, verbose=0, callbacks=list(callbacks))
    return [weights.tobytes() for weights in model.get_weights()]


def test_a_fit_that_learns_is_silent_and_gives_the_same_numbers():
    health = gradcheck.callbacks.GradientHealth(on="raise")
    assert fit(compiled(), health) == fit(compiled())
    assert health.findings == ()
    assert [place.calls for place in health.places] == [4]


def test_one_that_cannot_is_warned_of():
    with pytest.warns(gradcheck.HealthWarning, match="softmax over one unit"):
        fit(compiled("softmax"), gradcheck.callbacks.GradientHealth())


def test_or_raised():
    with pytest.raises(gradcheck.HealthError, match="softmax over one unit"):
        fit(compiled("softmax"), gradcheck.callbacks.GradientHealth(on="raise"))


def test_a_model_that_was_fitted_before_is_seen_and_one_fit_alone():
    model, health = compiled("softmax"), gradcheck.callbacks.GradientHealth(on="collect")
    fit(model)
    fit(model, health)
    fit(model)
    assert [place.calls for place in health.places] == [4]
    assert [finding.cause for finding in health.findings] == ["dead"]


def test_after_a_fit_that_raised_the_next_one_is_watched():
    class Stops(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise ZeroDivisionError

    health = gradcheck.callbacks.GradientHealth(on="collect")
    with pytest.raises(ZeroDivisionError):
        fit(compiled(), health, Stops())
    fit(compiled("softmax"), health)
    assert [finding.cause for finding in health.findings] == ["dead"]


def test_what_a_guard_leaves_behind_is_as_it_was():
    before = [vars(kind)[name] for kind, name in HOOKED]
    fit(compiled(), gradcheck.callbacks.GradientHealth())
    assert [vars(kind)[name] for kind, name in HOOKED] == before


def test_the_twin_inside_they_are_others():
    before = [vars(kind)[name] for kind, name in HOOKED]
    with gradcheck.guard(on="collect"):
        within = [vars(kind)[name] for kind, name in HOOKED]
    assert all(one is not other for one, other in zip(before, within, strict=True))


def _defining(kind, name):
    return next(each for each in kind.__mro__ if name in vars(each)), name


HOOKED = [
    (tf.GradientTape, "gradient"),
    _defining(keras.optimizers.Optimizer, "apply"),
    _defining(keras.layers.Layer, "losses"),
    _defining(keras.layers.Layer, "add_loss"),
    _defining(tf.__internal__.EagerTensor, "numpy"),
    _defining(tf.__internal__.EagerTensor, "__float__"),
]


def test_autograph_leaves_what_stands_in_for_a_method_alone():
    """It calls `tape.gradient` in the code that it converts; the stand-in must not be converted itself."""
    from tensorflow.python.autograph.impl import api

    with gradcheck.guard(on="collect"):
        assert api.is_autograph_artifact(tf.GradientTape.gradient)
    assert not api.is_autograph_artifact(tf.GradientTape.gradient)


def logged(model, tmp_path, **given):
    """Return what the callback after ours wrote of two epochs."""
    file = tmp_path / "log.csv"
    health = gradcheck.callbacks.GradientHealth(on="collect", **given)
    after = keras.callbacks.CSVLogger(str(file))
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[health, after])
    with file.open() as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(("activation", "zero"), [(None, 0), ("softmax", 4)])
def test_callbacks_after_it_find_each_epochs_gradients_in_the_logs(tmp_path, activation, zero):
    rows = logged(compiled(activation), tmp_path, logs=True)
    assert [float(row["gradients_zero"]) for row in rows] == [zero, zero]
    assert [float(row["gradients_not_finite"]) for row in rows] == [0, 0]
    assert all((float(row["gradient_norm"]) > 0) == (zero == 0) for row in rows)


def test_an_epoch_counts_its_own_steps(tmp_path):
    class Breaks(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.model.layers[-1].bias.assign([np.inf])

    model, health = compiled(), gradcheck.callbacks.GradientHealth(on="collect", logs=True)
    history = model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[Breaks(), health]).history
    assert history["gradients_not_finite"] == [0, 4]


def test_the_twin_without_being_asked_it_adds_nothing(tmp_path):
    assert not any("gradient" in name for name in logged(compiled(), tmp_path)[0])


@pytest.fixture
def run(monkeypatch):
    """Let a stand-in for wandb be imported, with a run; return what it was told."""
    told = types.SimpleNamespace(summary={}, logged=[])
    told.log = lambda figures, commit: told.logged.append((figures, commit))
    monkeypatch.setitem(sys.modules, "wandb", types.SimpleNamespace(run=told))
    return told


@pytest.mark.parametrize("on", ["collect", "raise"])
def test_a_run_of_wandb_is_told_each_epochs_gradients_and_the_findings(run, on):
    health = gradcheck.callbacks.GradientHealth(on=on, wandb=True)
    with pytest.raises(gradcheck.HealthError) if on == "raise" else contextlib.nullcontext():
        compiled("softmax").fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[health])
    figures = {"gradient_norm": 0, "gradients_zero": 4, "gradients_not_finite": 0}
    assert run.logged == [({f"gradcheck/{name}": of for name, of in figures.items()}, False)] * 2
    assert run.summary["gradcheck/findings"] == 1
    assert (
        "dead: " in run.summary["gradcheck/finding_1"] and "test_health" in run.summary["gradcheck/finding_1"]
    )


def test_the_twin_of_a_fit_that_learns_it_is_told_that_nothing_was_found(run):
    fit(compiled(), gradcheck.callbacks.GradientHealth(wandb=True))
    assert run.summary == {"gradcheck/findings": 0}
    assert run.logged[0][0]["gradcheck/gradient_norm"] > 0


def test_without_being_asked_nobody_is_told(run):
    fit(compiled(), gradcheck.callbacks.GradientHealth(logs=True))
    assert (run.summary, run.logged) == ({}, [])


def test_without_a_run_a_fit_does_not_begin(monkeypatch):
    for wandb in (None, types.SimpleNamespace(run=None)):
        monkeypatch.setitem(sys.modules, "wandb", wandb)
        with pytest.raises(gradcheck.GradcheckError, match=r"call wandb\.init"):
            fit(compiled(), gradcheck.callbacks.GradientHealth(wandb=True))

"""A case for a function that exists: what is written runs, and judges the function."""

from __future__ import annotations

import shutil
import subprocess
import textwrap

import pytest

from gradcheck import GradcheckError
from gradcheck.training.case_of_function import case_of_function

SOURCE = """
import keras
import numpy as np
import tensorflow as tf

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)], name="value")
scale = tf.Variable(1.0, name="scale")
optimizer = keras.optimizers.SGD(1.0)


def right(states, returns, discount=0.9):
    return tf.reduce_mean((discount * returns - scale * model(states)[:, 0]) ** 2)


def wrong(states, returns, discount=0.9):
    return tf.reduce_mean((discount * returns - scale * model(states)) ** 2)


def given(model, data, kind):
    states, actions = data
    assert kind == "a"
    return tf.reduce_mean(tf.one_hot(actions, 3) * model(states))


def plain(model, states):
    return tf.reduce_mean(model(states))


def step(states):
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(model(states) ** 2)
    variables = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))


def odd(states, thing):
    return tf.reduce_mean(model(states))


def hidden(states):
    return tf.reduce_mean(states * _HIDDEN)


def constant(states):
    return tf.reduce_mean(states)


_HIDDEN = tf.Variable(2.0, name="hidden")


def train():
    given(model, (np.ones((6, 4), "float32"), tf.constant([0, 1, 2, 1, 0, 1])), "a")
    raise AssertionError("not reached")


def calls_oddly():
    odd(np.ones((6, 4), "float32"), object())


def calls_nothing():
    pass
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "losses.py").write_text(SOURCE)
    return tmp_path


INPUTS = ["states=float32[6,4]", "returns=float32[6]"]


@pytest.mark.parametrize(
    ("name", "code", "said"), [("right", 0, "CONSISTENT"), ("wrong", 1, "error[broadcast]")]
)
def test_a_case_of_given_shapes_judges_the_function(module, cli, name, code, said):
    options = [option for spec in INPUTS for option in ("--input", spec)]
    written = cli("new", "case.py", "--from", f"losses.py:{name}", *options)
    assert (written.code, written.err) == (0, "")
    assert written.out == "wrote case.py; try it: gradcheck diff case.py\n"
    text = (module / "case.py").read_text()
    assert '"states": random.normal(size=(samples, 4)).astype("float32"),' in text
    assert 'variables={"model": losses.model, "scale": losses.scale},' in text
    outcome = cli("diff", "case.py")
    assert outcome.code == code
    assert said in outcome.out


def test_shapes_models_and_settings_are_taken_from_a_call(module, cli):
    text = case_of_function("losses.py:given", module / "case.py", call="train")
    call = """
        candidate=lambda data: losses.given(
            data=data,
            model=losses.model,
            kind="a",
        ),
    """
    assert textwrap.dedent(call).strip() in textwrap.dedent(text.replace("\n        ", "\n"))
    assert 'random.integers(0, 3, size=(samples,)).astype("int32"),' in text
    (module / "case.py").write_text(text)
    assert cli("diff", "case.py").code == 0


def test_a_training_step_is_not_applied_while_its_case_is_written(module):
    text = case_of_function("losses.py:step", module / "case.py", inputs=INPUTS[:1])
    assert "variables=losses.model," in text


def test_what_is_missing_is_asked_for(module):
    asked = []

    def ask(name):
        asked.append(name)
        return "float32[6,4]" if name == "states" else "float32[6]"

    assert "samples: int = 6" in case_of_function("losses.py:right", module / "case.py", ask=ask)
    assert asked == ["states", "returns"]


def test_a_model_of_the_parameters_name_need_not_be_given(module):
    text = case_of_function("losses.py:plain", module / "case.py", inputs=INPUTS[:1])
    assert "model=losses.model,\n" in text


def test_what_the_function_raises_is_told(module):
    inputs = ["data=float32[6,4]", "kind=int32[]"]
    with pytest.raises(GradcheckError, match=r"calling it for the variables that it reads raised"):
        case_of_function("losses.py:given", module / "case.py", inputs=inputs)


def test_a_file_in_another_folder_finds_the_module(module, cli):
    (module / "cases").mkdir()
    file = module / "cases" / "case.py"
    file.write_text(case_of_function("losses.py:right", file, inputs=INPUTS))
    assert cli("diff", file).code == 0
    assert 'pathlib.Path(__file__).parent / ".."' in file.read_text()


@pytest.mark.skipif(shutil.which("ruff") is None, reason="ruff is not installed")
def test_what_is_written_is_clean(module):
    for name, how in (("right", {"inputs": INPUTS}), ("given", {"call": "train"})):
        file = module / f"{name}_case.py"
        file.write_text(case_of_function(f"losses.py:{name}", file, **how))
        for command in (["check", "--select", "E,F,W,N,UP,B"], ["format", "--check"]):
            whole = ["ruff", *command, "--isolated", "--line-length", "115", str(file)]
            done = subprocess.run(whole, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("right", {"inputs": INPUTS[:1]}, "`right` needs `returns`: give the dtype and the shape of each"),
        ("right", {"inputs": ["x=float32[3]"]}, "`right` has no parameter `x`; it has `states`, `returns`"),
        ("right", {"call": "nothing"}, "has no function `nothing` that could call `right`"),
        ("right", {"call": "calls_nothing"}, "`calls_nothing` ended without calling `right`"),
        ("odd", {"call": "calls_oddly"}, "the argument `thing` is an object; expected an array, a number"),
        (
            "hidden",
            {"inputs": INPUTS[:1]},
            "reads variables that are in no model, layer or variable of its module",
        ),
        ("constant", {"inputs": INPUTS[:1]}, "`constant` reads no trainable variable"),
        ("nowhere", {}, "has no `nowhere`"),
    ],
)
def test_what_cannot_be_written_is_said(module, name, how, message):
    with pytest.raises(GradcheckError, match=message):
        case_of_function(f"losses.py:{name}", module / "case.py", **how)


def test_options_without_a_function(module, cli):
    outcome = cli("new", "case.py", "--call", "train")
    assert outcome.code == 2
    assert "name it with --from FILE.py:name" in outcome.err
    assert not (module / "case.py").exists()

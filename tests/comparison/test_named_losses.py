"""Several losses from one body: a report on each."""

import json

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

N = 4
ACTOR = tf.Variable([[0.5], [-0.25], [1.0]], name="actor")
CRITIC = tf.Variable([[0.1], [0.2], [0.3]], name="critic")


def loop(x, y):
    actor = critic = 0.0
    for state, value in zip(x, y, strict=True):
        error = value - tf.reduce_sum(state[None] @ CRITIC)
        critic += error**2 / len(x)
        actor -= tf.stop_gradient(error) * tf.reduce_sum(state[None] @ ACTOR) / len(x)
    return {"actor": actor, "critic": critic}


def right(x, y):
    errors = y - (x @ CRITIC)[:, 0]
    return {
        "critic": tf.reduce_mean(errors**2),
        "actor": -tf.reduce_mean(tf.stop_gradient(errors) * (x @ ACTOR)[:, 0]),
    }


def wrong(x, y):
    errors = y - (x @ CRITIC)[:, 0]
    return {
        "critic": tf.reduce_mean(errors**2),
        "actor": -tf.reduce_mean(tf.stop_gradient(errors) * (x @ ACTOR)),
    }


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(0)
    return {
        "x": random.normal(size=(N, 3)).astype("float32"),
        "y": random.normal(size=N).astype("float32"),
    }


BY_NAME = {"actor": [ACTOR], "critic": [CRITIC]}


def case(batch, candidate, variables=BY_NAME, reference=loop, **rest):
    return gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=variables, **rest)


@pytest.mark.parametrize("variables", [BY_NAME, [ACTOR, CRITIC]], ids=["by name", "all of them"])
def test_each_loss_has_a_report(batch, variables):
    good = gradcheck.diff(case(batch, right, variables))
    assert good.equivalent
    assert {name: part.verdict for name, part in good.parts.items()} == dict.fromkeys(BY_NAME, "equivalent")
    bad = gradcheck.diff(case(batch, wrong, variables))
    assert bad.verdict == "different"
    assert bad.parts["critic"].verdict == "equivalent"
    (finding,) = [one for one in bad.parts["actor"].findings if one.severity == "error"]
    assert finding.verified
    assert finding.span.text == "tf.stop_gradient(errors) * (x @ ACTOR)"
    assert finding in bad.findings


def test_variables_by_name_are_differentiated_for_their_own_loss_alone(batch):
    parts = gradcheck.diff(case(batch, right)).parts
    assert [[variable.path for variable in part.variables] for part in parts.values()] == [
        ["actor"],
        ["critic"],
    ]


def test_nothing_is_said_of_variables_that_another_loss_trains(batch):
    parts = gradcheck.diff(case(batch, right, [ACTOR, CRITIC])).parts
    assert all(part.findings == () for part in parts.values())


def test_one_of_them_can_be_asked_for(batch):
    report = gradcheck.diff(case(batch, wrong, [CRITIC], loss="critic"))
    assert (report.verdict, report.parts) == ("equivalent", {})


def test_the_worst_is_shown_and_all_are_printed(batch):
    report = gradcheck.diff(case(batch, wrong))
    assert report.reason.startswith("of 2 losses (actor: different, critic: equivalent): ")
    assert "case[actor]  DIFFERENT" in str(report)
    assert "case[critic]  EQUIVALENT" in str(report)
    assert "case[critic]" in report._repr_html_()
    assert [part["name"] for part in report.to_dict()["parts"]] == ["case[actor]", "case[critic]"]
    with pytest.raises(AssertionError, match=r"case\[critic\]  EQUIVALENT"):
        gradcheck.assert_equivalent(case(batch, wrong))


def test_without_a_reference(batch):
    assert gradcheck.diff(case(batch, right, reference=None)).verdict == "consistent"
    report = gradcheck.diff(case(batch, wrong, reference=None))
    assert {name: part.verdict for name, part in report.parts.items()} == {
        "critic": "consistent",
        "actor": "different",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"candidate": lambda x, y: {"actor": right(x, y)["actor"]}},
            "returned the losses `actor`, and no 'critic'",
        ),
        (
            {"candidate": lambda x, y: right(x, y)["actor"]},
            "returned a float32 scalar; expected a dict of losses",
        ),
        ({"candidate": lambda x, y: {**right(x, y), "rate": 0.1}}, "'rate': a float; expected named losses"),
        (
            {"variables": {"actor": [ACTOR], "value": [CRITIC]}},
            "variables has the names `actor`, `value` and",
        ),
    ],
)
def test_what_does_not_go_together_is_said(batch, change, message):
    with pytest.raises(gradcheck.CaseError, match=message):
        gradcheck.diff(case(batch, **{"candidate": right, **change}))


def test_a_dict_of_scalars_by_the_names_of_scalar_variables_is_ambiguous():
    a, b = tf.Variable(1.0), tf.Variable(2.0)

    def loss():
        return {"a": a**2, "b": b**2}

    with pytest.raises(gradcheck.CaseError, match="gradients, or losses"):
        gradcheck.diff(gradcheck.Case(reference=loss, candidate=loss, variables={"a": a, "b": b}))


SOURCE = """
import numpy as np
import tensorflow as tf
import gradcheck

a, c = tf.Variable([1.0, 2.0], name="a"), tf.Variable([3.0, 4.0], name="c")

def reference(x):
    return {"actor": tf.reduce_mean(x * a), "critic": tf.reduce_mean((x * c) ** 2)}

def candidate(x):
    return {"actor": tf.reduce_mean(x * a), "critic": tf.reduce_sum((x * c) ** 2)}

@gradcheck.case
def both(seed: int = 0):
    x = np.random.default_rng(seed).normal(size=(4, 2)).astype("float32")
    return gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x},
                          variables={"actor": [a], "critic": [c]})
"""


def test_on_the_command_line_each_is_a_case(tmp_path, cli):
    file = tmp_path / "losses.py"
    file.write_text(SOURCE)
    outcome = cli("diff", file, "--format", "json", "--trials", 2)
    assert outcome.code == 1
    cases = json.loads(outcome.out)["cases"]
    assert [(one["name"], one["verdict"]) for one in cases] == [
        ("both[actor]", "equivalent"),
        ("both[critic]", "different"),
    ]
    assert all(one["trials"]["count"] == 2 and "parts" not in one for one in cases)


def test_a_patch_repairs_one_of_them(tmp_path, cli):
    file = tmp_path / "losses.py"
    file.write_text(SOURCE)
    outcome = cli("diff", file, "--patch", tmp_path / "losses.patch")
    assert outcome.code == 1
    assert '+    return {"actor": tf.reduce_mean(x * a), "critic": tf.reduce_mean((x * c) ** 2)}' in (
        (tmp_path / "losses.patch").read_text()
    )

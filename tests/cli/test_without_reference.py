"""What the command line shows of a loss without a reference whose samples are combined."""

CASE = """
import gradcheck
import numpy as np
import tensorflow as tf

w = tf.Variable([[0.5], [-1.0]], name="w")


def loss(x, y):
    returns = tf.scan(lambda after, now: now + 0.9 * after, y, reverse=True)
    return tf.reduce_mean(tf.square({errors}) * tf.nn.softmax(y))


@gradcheck.case
def alone():
    random = np.random.default_rng(0)
    batch = {{"x": random.normal(size=(6, 2)).astype("float32"), "y": random.normal(size=6).astype("float32")}}
    return gradcheck.Case(candidate=loss, batch=batch, variables=[w])
"""


def shown(cli, tmp_path, errors):
    file = tmp_path / "alone.py"
    file.write_text(CASE.format(errors=errors))
    outcome = cli("diff", str(file))
    assert outcome.code == 2
    return outcome


def test_an_accidental_broadcast_is_shown_although_samples_are_combined_before(cli, tmp_path):
    outcome = shown(cli, tmp_path, "returns - x @ w")
    assert "suspect[broadcast]: both operands are broadcast: (6,) and (6, 1)" in outcome.out
    assert "INCONCLUSIVE" in outcome.out and "error:" not in outcome.err


def test_where_nothing_is_broadcast_the_reason_is_a_report_in_short_lines(cli, tmp_path):
    outcome = shown(cli, tmp_path, "returns - (x @ w)[:, 0]")
    assert "INCONCLUSIVE" in outcome.out and "samples are combined" in outcome.out
    assert "broadcast" not in outcome.out and "error:" not in outcome.err
    assert max(map(len, outcome.out.splitlines())) <= 80

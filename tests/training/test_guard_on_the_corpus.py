"""The guard on the corpus of real losses, run eagerly with their gradients.

With ``GRADCHECK_LONG=1`` on all of them, instead of some.
"""

import pytest
import tensorflow as tf

import gradcheck
from support import corpus
from support.manifest import sample

SAMPLES_MEET = {
    "case02_a2c_advantage_outer",
    "case04_keras_dense1_custom_mse",
    "double_dqn_reward_row",
    "weighted_log_lik_rank",
    # Here it does no harm, as the outer difference is linear; nobody meant it all the same.
    "case39_sac_actor_outer_mean",
}
"""Whose candidate holds a matrix of all samples by accident."""

GRADIENTS = {
    "case26_where_log_nan": "numerics",
    "features_as_numpy": "disconnected",
    "half_precision_mask_1e10": "numerics",
    "log_probs_clipped_to_unit": "dead",
    "softplus_written_out": "numerics",
}
"""Whose candidate has a gradient that shows by itself that it is wrong."""


def reported(name, side):
    case = corpus.case(name)
    batch = tf.nest.map_structure(tf.convert_to_tensor, dict(case.batch))
    with gradcheck.guard(on="collect") as guard:
        with tf.GradientTape() as tape:
            loss = getattr(case, side)(**batch)
        tape.gradient(loss, case.variables)
    return guard.findings


@pytest.mark.parametrize("name", sample(corpus.EQUIVALENT, every=8, always=SAMPLES_MEET))
def test_on_a_loss_that_is_right_it_is_silent_on_both_sides(name):
    assert reported(name, "reference") == ()
    assert len(reported(name, "candidate")) == (name in SAMPLES_MEET)


@pytest.mark.parametrize("name", sample(corpus.DIFFERENT, every=8, always=[*SAMPLES_MEET, *GRADIENTS]))
def test_of_the_wrong_ones_it_reports_those_in_which_samples_meet(name):
    assert reported(name, "reference") == ()
    causes = [finding.cause for finding in reported(name, "candidate")]
    assert causes.count("broadcast") == (name in SAMPLES_MEET)
    # Of the others, a gradient says nothing, or names what can be seen of it.
    assert name not in GRADIENTS or GRADIENTS[name] in causes

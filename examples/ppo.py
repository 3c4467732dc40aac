"""PPO: a probability ratio with a gradient in both numerator and denominator.

    gradcheck diff examples/ppo.py

The old log-probabilities are data. If they are recomputed from the policy being trained, without
`tf.stop_gradient`, they change with the new ones: the ratio is always 1, and its gradient is zero.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck

CLIP = 0.2


def log_probs_of(policy, states, actions):
    """Return the log-probability of the action taken in each state, (n,)."""
    return tf.gather(tf.nn.log_softmax(policy(states)), actions, batch_dims=1)


def loop(policy):
    """Return PPO's clipped loss, one sample at a time."""

    def loss(states, actions, advantages):
        total = 0.0
        for i in range(len(states)):
            log_prob = log_probs_of(policy, states[i : i + 1], actions[i : i + 1])[0]
            ratio = tf.exp(log_prob - tf.stop_gradient(log_prob))
            clipped = tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP)
            total -= tf.minimum(ratio * advantages[i], clipped * advantages[i])
        return total / len(states)

    return loss


def arrays(policy, stopped):
    """Return PPO's clipped loss with array operations."""

    def loss(states, actions, advantages):
        log_probs = log_probs_of(policy, states, actions)
        old_log_probs = tf.stop_gradient(log_probs) if stopped else log_probs
        ratio = tf.exp(log_probs - old_log_probs)
        clipped = tf.clip_by_value(ratio, 1 - CLIP, 1 + CLIP)
        return -tf.reduce_mean(tf.minimum(ratio * advantages, clipped * advantages))

    return loss


def made(seed, samples, stopped):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    policy = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)], name="policy")
    batch = {
        "states": random.normal(size=(samples, 4)).astype("float32"),
        "actions": random.integers(3, size=samples),
        "advantages": random.normal(size=samples).astype("float32"),
    }
    return gradcheck.Case(
        reference=loop(policy), candidate=arrays(policy, stopped), batch=batch, variables=policy
    )


@gradcheck.case
def wrong(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, stopped=False)


@gradcheck.case
def right(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, stopped=True)

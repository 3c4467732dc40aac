"""Is it the tape? Two cases in which it watches the variables once on one side and a hundred times on the other.

    gradcheck diff examples/bandit_tape.py

`watched_once` compares the loop with array operations without the mistake. `same_mistake` compares a loop that
makes the mistake deliberately, as the product of two means, with the array operations that make it by accident.
"""

import tensorflow as tf
from bandit import actor_arrays, actor_arrays_fixed, actor_loop, epoch, networks

import gradcheck


def product_of_means(actor, critic):
    """Return, sample by sample, what the array operations compute: mean(advantages) * mean(log-probs)."""

    def loss(states, actions, rewards):
        advantages, log_probs = [], []
        for state, action, reward in zip(states, actions, rewards, strict=True):
            action_prob = actor(tf.reshape(state, (1, -1)))[0][action]
            value = critic(tf.reshape(state, (1, -1)))[0]
            advantages.append(reward - value)
            log_probs.append(tf.math.log(action_prob))
        return -(sum(advantages) / len(states)) * (sum(log_probs) / len(states))

    return loss


@gradcheck.case
def watched_once(seed: int = 0, samples: int = 100) -> gradcheck.Case:
    actor, critic = networks(seed, critic_activation="softmax")
    return gradcheck.Case(
        reference=actor_loop(actor, critic),
        candidate=actor_arrays_fixed(actor, critic),
        batch=epoch(actor, seed, samples),
        variables=actor,
    )


@gradcheck.case
def same_mistake(seed: int = 0, samples: int = 100) -> gradcheck.Case:
    actor, critic = networks(seed, critic_activation="softmax")
    return gradcheck.Case(
        reference=product_of_means(actor, critic),
        candidate=actor_arrays(actor, critic),
        batch=epoch(actor, seed, samples),
        variables=actor,
    )

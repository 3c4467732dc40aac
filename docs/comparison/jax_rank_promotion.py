"""What jax_numpy_rank_promotion says of the bandit, and of two more broadcasts."""

import bandit
import jax
import jax.numpy as jnp


def log_probs(weights):
    return jnp.log(jnp.sum(bandit.chosen * jax.nn.softmax(bandit.states @ weights), 1))


def arrays(weights):
    advantages = bandit.rewards[:, None] - bandit.values
    return -jnp.mean(advantages * log_probs(weights))  # (n, 1) times (n,)


def fixed(weights):
    advantages = bandit.rewards - bandit.values[:, 0]
    return -jnp.mean(advantages * log_probs(weights))


def row(weights):
    advantages = bandit.rewards[:, None] - bandit.values
    return -jnp.mean(advantages * log_probs(weights)[None, :])  # (n, 1) times (1, n)


def dense(weights):
    return bandit.states @ weights + jnp.zeros(2)  # as meant: (n, 2) plus (2,)


jax.config.update("jax_numpy_rank_promotion", "raise")
bandit.ask("the arrays", lambda: arrays(bandit.weights))
bandit.ask("the arrays, under jit", lambda: jax.jit(arrays)(bandit.weights))
bandit.ask("the arrays, repaired", lambda: fixed(bandit.weights))
bandit.ask("(n, 1) times (1, n)", lambda: row(bandit.weights))
bandit.ask("a bias", lambda: dense(bandit.weights))

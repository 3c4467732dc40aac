"""What jax.test_util.check_grads says of the bandit, and of a derivative written by hand."""

import functools

import bandit
import jax
import jax.numpy as jnp
from jax.test_util import check_grads, check_vjp

jax.config.update("jax_enable_x64", True)


def log_probs(weights):
    return jnp.log(jnp.sum(bandit.chosen * jax.nn.softmax(bandit.states @ weights), 1))


def loop(weights):
    terms = zip(log_probs(weights), bandit.rewards, bandit.values[:, 0], strict=True)
    return -sum(log_prob * (reward - value) for log_prob, reward, value in terms) / bandit.n


def arrays(weights):
    advantages = bandit.rewards[:, None] - bandit.values
    return -jnp.mean(advantages * log_probs(weights))  # (n, 1) times (n,)


def stopped(weights):
    log_prob = log_probs(weights)
    return -jnp.mean(jax.lax.stop_gradient(jnp.exp(log_prob)) * log_prob)  # on purpose


@jax.custom_vjp
def softplus(x):
    return jnp.log1p(jnp.exp(x))


softplus.defvjp(
    lambda x: (softplus(x), x),
    lambda x, upstream: (upstream * jax.nn.sigmoid(-x),),  # it is sigmoid(x)
)

weights, x = (bandit.weights,), (jnp.linspace(-1, 1, 3),)
bandit.ask("check_grads of the loop", lambda: check_grads(loop, weights, order=2))
bandit.ask("check_grads of the arrays", lambda: check_grads(arrays, weights, order=2))
bandit.ask("check_vjp of both", lambda: check_vjp(loop, functools.partial(jax.vjp, arrays), weights))
bandit.ask("check_grads of softplus", lambda: check_grads(softplus, x, order=1, modes=["rev"]))
bandit.ask("check_grads with stop_gradient", lambda: check_grads(stopped, weights, order=1))

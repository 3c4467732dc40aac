"""Train the bandit as its author did, with the loop, with array operations, and with these repaired.

    python examples/bandit_training.py --formulation loop
    python examples/bandit_training.py --compare --plot rewards.png
    python examples/bandit_training.py --compare --full
    python examples/bandit_training.py --follow

All formulations start from the same weights and take the same draws: also the action is drawn by a number that
was drawn before. So their curves can be compared step by step. `--full` is the question's size: 10 simulations of
1,000 epochs of 100 samples, Adam with a learning rate of 0.1. `--save FILE` keeps what is done, by simulation, and
goes on from there. `--follow` trains the loop and the repaired arrays side by side, and says how far they part.
The critic is the question's, which cannot learn; `--critic linear` gives it a unit that can.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from bandit import actor_arrays, actor_arrays_fixed, actor_loop, critic_arrays, critic_loop, networks
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

FORMULATIONS = {
    "loop": (actor_loop, critic_loop),
    "vectorised": (actor_arrays, critic_arrays),
    "fixed": (actor_arrays_fixed, critic_arrays),
}
LEARNED = 0.95
"""The mean reward from which on a simulation has learned."""


class Draws:
    """What one simulation draws: the same for each formulation."""

    def __init__(self, simulation, samples):
        self._random = np.random.default_rng(simulation)
        self._bandits = [self._random.normal(loc=10, scale=15, size=100_000)]
        self._bandits.append(self._random.normal(loc=0, scale=1, size=100_000))
        self._samples = samples

    def epoch(self):
        """Return the states of an epoch, and a number per sample that decides on its action."""
        drawn = [self._random.choice(bandit, size=self._samples) for bandit in self._bandits]
        return np.stack(drawn, axis=1).astype("float32"), self._random.random(self._samples)


class Simulation:
    """One agent: its networks, its optimisers, and the epochs that it is trained for."""

    def __init__(self, number, formulation, samples, critic_activation):
        self.actor, self.critic = networks(number, critic_activation)
        make_actor_loss, make_critic_loss = FORMULATIONS[formulation]
        self._actor_loss = make_actor_loss(self.actor, self.critic)
        self._critic_loss = make_critic_loss(self.critic)
        self._optimisers = keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)
        self._draws = Draws(number, samples)

    def epoch(self):
        """Train for one epoch, and return the mean reward and the actions."""
        states, decides = self._draws.epoch()
        chose_b = decides < self.actor(states).numpy()[:, 1]
        batch = {
            "states": tf.constant(states),
            "actions": tf.constant(chose_b.astype("int64")),
            "rewards": tf.constant(np.where(chose_b, 0.0, 1.0).astype("float32")),
        }
        losses = (self.actor, self._actor_loss), (self.critic, self._critic_loss)
        gradients = [self._gradients(model, loss, batch) for model, loss in losses]
        for (model, _), optimiser, found in zip(losses, self._optimisers, gradients, strict=True):
            optimiser.apply_gradients(zip(found, model.trainable_variables, strict=True))
        return 1.0 - chose_b.mean(), chose_b

    @staticmethod
    def _gradients(model, loss, batch):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss(**batch))
        return tape.gradient(value, model.trainable_variables)


def main():
    """Train, and print how many simulations learned by which epoch."""
    options = parsed()
    if options.follow:
        follow(options)
        return
    formulations = list(FORMULATIONS) if options.compare else [options.formulation]
    kept = load(options.save)
    for formulation in formulations:
        seconds = train(formulation, options, kept)
        print(line(formulation, rewards_of(formulation, options, kept), seconds))
    if options.plot:
        plot(options.plot, {name: rewards_of(name, options, kept) for name in formulations})


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--formulation", choices=FORMULATIONS, default="fixed")
    parser.add_argument("--compare", action="store_true", help="all formulations, one after the other")
    parser.add_argument(
        "--follow", action="store_true", help="the loop and the repaired arrays, step by step"
    )
    parser.add_argument("--simulations", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument(
        "--full", action="store_true", help="the question's size: 10 simulations, 1,000 epochs"
    )
    parser.add_argument("--critic", choices=("softmax", "linear"), default="softmax")
    parser.add_argument(
        "--save", type=pathlib.Path, help="keep results in this npz file, and go on from there"
    )
    parser.add_argument("--plot", type=pathlib.Path, help="draw the rewards (needs matplotlib)")
    options = parser.parse_args()
    if options.full:
        options.simulations, options.epochs, options.samples = 10, 1000, 100
    return options


def load(path):
    if path is None or not path.exists():
        return {}
    with np.load(path) as file:
        return dict(file)


def key(formulation, number, options):
    return f"{formulation}, {options.critic}, {options.samples} samples, {options.epochs} epochs, {number}"


def train(formulation, options, kept):
    """Train every simulation that is not kept yet, and return the seconds per epoch of those."""
    epochs, start = 0, time.perf_counter()
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task(formulation, total=options.simulations * options.epochs)
        for number in range(options.simulations):
            name = key(formulation, number, options)
            if name not in kept:
                simulation = Simulation(number, formulation, options.samples, options.critic)
                rewards = []
                for _ in range(options.epochs):
                    rewards.append(simulation.epoch()[0])
                    progress.advance(task)
                kept[name] = np.array(rewards)
                epochs += options.epochs
                if options.save:
                    np.savez(options.save, **kept)
            else:
                progress.advance(task, options.epochs)
    return (time.perf_counter() - start) / epochs if epochs else None


def follow(options):
    """Train the loop and the repaired arrays side by side, and print how far their weights and actions part."""
    for number in range(options.simulations):
        pair = [
            Simulation(number, formulation, options.samples, options.critic)
            for formulation in ("loop", "fixed")
        ]
        apart, first = 0.0, None
        for epoch in range(1, options.epochs + 1):
            (_, one), (_, other) = (simulation.epoch() for simulation in pair)
            first = first or (epoch if (one != other).any() else None)
            weights = zip(*(simulation.actor.get_weights() for simulation in pair), strict=True)
            apart = max(apart, *(float(np.abs(a - b).max()) for a, b in weights))
        actions = "the same actions" if first is None else f"other actions from epoch {first} on"
        print(
            f"simulation {number}: {options.epochs} epochs, {actions}; actor's weights at most {apart:.1e} apart"
        )


def rewards_of(formulation, options, kept):
    return np.stack([kept[key(formulation, number, options)] for number in range(options.simulations)])


def line(formulation, rewards, seconds):
    """Return how many simulations had learned by which epoch."""
    epochs = [epoch for epoch in (20, 50, 100, 200, 500, 1000) if epoch <= rewards.shape[1]]
    learned = ", ".join(f"{(rewards[:, :epoch] >= LEARNED).any(axis=1).sum()} by {epoch}" for epoch in epochs)
    pace = "" if seconds is None else f"; {seconds * 1000:.0f} ms per epoch"
    return (
        f"{formulation:<10}  mean reward at the end {rewards[:, -1].mean():.2f}; "
        f"of {len(rewards)} simulations reached {LEARNED}: {learned}{pace}"
    )


def plot(path, curves):
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise SystemExit("--plot needs matplotlib: pip install '.[plot]'") from None
    figure, axes = plt.subplots(1, len(curves), figsize=(5 * len(curves), 3.5), sharey=True, squeeze=False)
    for axis, (name, rewards) in zip(axes[0], curves.items(), strict=True):
        axis.plot(rewards.T, linewidth=0.8)
        axis.set(title=name, xlabel="epoch", ylim=(-0.02, 1.02))
    axes[0][0].set_ylabel("mean reward")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()

"""Train the bandit as its author did: with the loop, with array operations, and with fixed array operations.

    python examples/bandit_training.py --formulation loop
    python examples/bandit_training.py --compare --plot rewards.png
    python examples/bandit_training.py --compare --full

All formulations start from the same weights and use the same draws, including the numbers that select the actions,
so their curves can be compared step by step. `--full` uses the question's size: 10 simulations of 1,000 epochs of
100 samples, Adam with a learning rate of 0.1. `--save FILE` saves finished simulations and resumes from them.
`--compare` also reports how far the weights of the loop and of the fixed array version drift apart. The critic is
the question's, which cannot learn; `--critic linear` gives it a unit that can.
"""

import argparse
import importlib.util
import os
import pathlib
import time
from dataclasses import dataclass, fields

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
"""The mean reward at which a simulation counts as having learned."""


class Draws:
    """The random draws of one simulation: the same for each formulation."""

    def __init__(self, simulation, samples):
        self._random = np.random.default_rng(simulation)
        self._bandits = [self._random.normal(loc=10, scale=15, size=100_000)]
        self._bandits.append(self._random.normal(loc=0, scale=1, size=100_000))
        self._samples = samples

    def epoch(self):
        """Return the states of an epoch, and a number per sample that determines its action."""
        drawn = [self._random.choice(bandit, size=self._samples) for bandit in self._bandits]
        return np.stack(drawn, axis=1).astype("float32"), self._random.random(self._samples)


@dataclass
class Run:
    """One trained simulation: a row per epoch. Weights have one more row: each epoch's start, and the end."""

    rewards: np.ndarray
    chose_b: np.ndarray
    actor: np.ndarray
    critic: np.ndarray


class Simulation:
    """One agent: its networks, its optimisers, and its draws."""

    def __init__(self, number, formulation, samples, critic_activation):
        self.actor, self.critic = networks(number, critic_activation)
        make_actor_loss, make_critic_loss = FORMULATIONS[formulation]
        self.actor_loss = make_actor_loss(self.actor, self.critic)
        self.critic_loss = make_critic_loss(self.critic)
        self._optimisers = keras.optimizers.Adam(0.1), keras.optimizers.Adam(0.1)
        self._draws = Draws(number, samples)

    def train(self, epochs, advance):
        """Train, call `advance` after each epoch, and return what happened as a `Run`."""
        actions, weights = [], [self._weights()]
        for _ in range(epochs):
            actions.append(self.epoch())
            weights.append(self._weights())
            advance()
        chose_b = np.array(actions)
        actor, critic = (np.array(of_one) for of_one in zip(*weights, strict=True))
        return Run(1.0 - chose_b.mean(axis=1), chose_b, actor, critic)

    def epoch(self):
        """Draw the samples of an epoch, take a step on them, and return which of them chose B."""
        batch = self.batch()
        losses = (self.actor, self.actor_loss), (self.critic, self.critic_loss)
        found = [gradients(model, loss, batch) for model, loss in losses]
        for (model, _), optimiser, of_model in zip(losses, self._optimisers, found, strict=True):
            optimiser.apply_gradients(zip(of_model, model.trainable_variables, strict=True))
        return batch["actions"].numpy().astype(bool)

    def batch(self):
        """Draw an epoch's samples, and choose actions with the current actor."""
        states, decides = self._draws.epoch()
        chose_b = decides < self.actor(states).numpy()[:, 1]
        return {
            "states": tf.constant(states),
            "actions": tf.constant(chose_b.astype("int64")),
            "rewards": tf.constant(np.where(chose_b, 0.0, 1.0).astype("float32")),
        }

    def _weights(self):
        return [flat(model.get_weights()) for model in (self.actor, self.critic)]


def gradients(model, loss, batch):
    """Return the gradient of a loss with respect to each variable of a model."""
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(loss(**batch))
    return tape.gradient(value, model.trainable_variables)


def flat(arrays):
    """Return arrays concatenated into one of rank 1."""
    return np.concatenate([np.ravel(array) for array in arrays])


def main():
    """Train, and print how many simulations learned by which epoch."""
    options = parsed()
    kept = Kept(options.save)
    runs = {}
    for formulation in list(FORMULATIONS) if options.compare else [options.formulation]:
        runs[formulation], seconds = train(formulation, options, kept)
        print(line(formulation, np.stack([run.rewards for run in runs[formulation]]), seconds), flush=True)
    if options.compare:
        for number, (one, other) in enumerate(zip(runs["loop"], runs["fixed"], strict=True)):
            learned = f"{LEARNED} first in epoch {first_learned(one)} and {first_learned(other)}"
            print(f"loop and fixed, simulation {number}: {apart(one, other)}; {learned}")
    if options.plot:
        plot(options.plot, runs, options)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--formulation", choices=FORMULATIONS, default="fixed")
    parser.add_argument("--compare", action="store_true", help="all formulations, one after the other")
    parser.add_argument("--simulations", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument(
        "--full", action="store_true", help="the question's size: 10 simulations, 1,000 epochs"
    )
    parser.add_argument("--critic", choices=("softmax", "linear"), default="softmax")
    parser.add_argument("--save", type=pathlib.Path, help="save results in this npz file, and resume from it")
    parser.add_argument("--plot", type=pathlib.Path, help="draw the rewards (needs matplotlib)")
    options = parser.parse_args()
    if options.plot and importlib.util.find_spec("matplotlib") is None:
        parser.error("--plot needs matplotlib: pip install '.[plot]'")
    if options.full:
        options.simulations, options.epochs, options.samples = 10, 1000, 100
    return options


class Kept:
    """Runs saved in a file, so that training can be interrupted and resumed."""

    def __init__(self, path):
        self._path, self._arrays = path, {}
        if path is not None and path.exists():
            with np.load(path) as file:
                self._arrays = dict(file)

    def run(self, name):
        """Return the run of that name, or None."""
        if f"{name}, rewards" not in self._arrays:
            return None
        return Run(**{field.name: self._arrays[f"{name}, {field.name}"] for field in fields(Run)})

    def add(self, name, run):
        """Save a run, to disk if there is a file."""
        for field in fields(Run):
            self._arrays[f"{name}, {field.name}"] = getattr(run, field.name)
        if self._path is not None:
            np.savez_compressed(self._path, **self._arrays)


def train(formulation, options, kept):
    """Train every simulation that is not saved yet; return all, and the seconds per epoch of those trained now."""
    runs, epochs, start = [], 0, time.perf_counter()
    columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task(formulation, total=options.simulations * options.epochs)
        for number in range(options.simulations):
            name = f"{formulation}, {options.critic}, {options.samples} samples, {options.epochs} epochs, {number}"
            run = kept.run(name)
            if run is None:
                simulation = Simulation(number, formulation, options.samples, options.critic)
                run = simulation.train(options.epochs, lambda: progress.advance(task))
                kept.add(name, run)
                epochs += options.epochs
            else:
                progress.advance(task, options.epochs)
            runs.append(run)
    return runs, (time.perf_counter() - start) / epochs if epochs else None


def line(formulation, rewards, seconds):
    """Return how many simulations had learned by which epoch."""
    epochs = [epoch for epoch in (20, 50, 100, 200, 500) if epoch < rewards.shape[1]] + [rewards.shape[1]]
    learned = ", ".join(f"{(rewards[:, :epoch] >= LEARNED).any(axis=1).sum()} by {epoch}" for epoch in epochs)
    last = rewards[:, -1]
    pace = "" if seconds is None else f"; {seconds * 1000:.0f} ms per epoch"
    return (
        f"{formulation:<10}  of {len(rewards)} simulations reached {LEARNED}: {learned}; "
        f"at the end: {(last >= LEARNED).sum()}; final mean reward {last.mean():.2f}{pace}"
    )


def apart(one, other):
    """Return for how long two runs took the same actions, and how far their weights differ until then."""
    differing = (one.chose_b != other.chose_b).any(axis=1)
    same = int(differing.argmax()) if differing.any() else len(differing)
    distance = np.abs(one.actor - other.actor)[:same].max(initial=0.0)
    return f"the same actions in the first {same} of {len(differing)} epochs, weights within {distance:.1e}"


def first_learned(run):
    """Return the first epoch by which a run has learned, or None."""
    learned = run.rewards >= LEARNED
    return int(learned.argmax()) + 1 if learned.any() else None


def plot(path, runs, options):
    import matplotlib.pyplot as plt

    size = (4 * len(runs), 3.5)
    figure, axes = plt.subplots(1, len(runs), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axis, (name, of_name) in zip(axes[0], runs.items(), strict=True):
        axis.plot(np.stack([run.rewards for run in of_name]).T, linewidth=0.8)
        axis.set(title=name, xlabel="epoch", ylim=(-0.02, 1.02))
    axes[0][0].set_ylabel("mean reward")
    figure.supxlabel(
        f"examples/bandit_training.py: simulations (and seeds) 0 to {options.simulations - 1}, "
        f"{options.samples} samples, {options.critic} critic",
        fontsize=7,
        color="grey",
    )
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()

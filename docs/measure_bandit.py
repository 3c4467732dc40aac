"""How the bandit's wrong gradient stands to the right one.

    python examples/bandit_training.py --compare --full --save bandit.npz
    python docs/measure_bandit.py bandit.npz --plot docs/bandit-cosine.png

At the weights of each epoch of these trainings, on its samples and actions, both gradients are taken. Then many
batches are drawn at one and the same weights, and the mean of each gradient over them is taken.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "examples"))

import numpy as np
import tensorflow as tf
from bandit import actor_arrays, actor_arrays_fixed
from bandit_training import Draws, Kept, Simulation, flat, gradients

SIMULATIONS, EPOCHS, SAMPLES = 10, 1000, 100
GROUPS = 20
"""Batches are taken in groups, whose scatter tells how sure their mean is."""


def cosines(formulation: str, number: int, kept: Kept) -> np.ndarray:
    """Return the cosine between wrong and right gradient, NaN where one is zero, of shape (epochs,)."""
    run = kept.run(f"{formulation}, softmax, {SAMPLES} samples, {EPOCHS} epochs, {number}")
    if run is None:
        raise SystemExit(
            f"no {formulation}, simulation {number}, in that file: train with --full --save first"
        )
    simulation = Simulation(number, formulation, SAMPLES, "softmax")
    losses = [make(simulation.actor, simulation.critic) for make in (actor_arrays, actor_arrays_fixed)]
    found = []
    for weights, chose_b in zip(
        run.actor, run.chose_b, strict=False
    ):  # one row of weights more: those at the end
        simulation.actor.set_weights([weights[:4].reshape(2, 2), weights[4:]])
        batch = simulation.batch()
        assert (batch["actions"].numpy() == chose_b).all(), "these are not the draws of that training"
        wrong, right = (flat(gradients(simulation.actor, loss, batch)).astype("float64") for loss in losses)
        norms = np.linalg.norm(wrong) * np.linalg.norm(right)
        found.append(wrong @ right / norms if norms else np.nan)
    return np.array(found)


def spread(formulation: str, of_each: list[np.ndarray]) -> str:
    """Return a line about the cosines of one formulation's trainings."""
    every = np.concatenate(of_each)
    known = every[~np.isnan(every)]
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    return (
        f"training {formulation}: {len(every):,} epochs, {np.isnan(every).mean():.0%} of them without a gradient; "
        f"else cosine {middle:+.2f} in the median, 5 % below {low:+.2f}, 5 % above {high:+.2f}, "
        f"from {known.min():+.3f} to {known.max():+.3f}; negative in {(known < 0).mean():.0%}"
    )


def mean_gradients(samples: int, batches: int) -> np.ndarray:
    """Return the mean wrong and right gradient over many batches, by group: shape (2, groups, 6)."""
    simulation = Simulation(0, "fixed", samples, "softmax")
    draws = Draws(0, samples * batches // GROUPS)
    means = []
    for _ in range(GROUPS):
        states, decides = draws.epoch()
        chose_b = decides < simulation.actor(states).numpy()[:, 1]
        actions = tf.one_hot(chose_b.astype("int64"), 2)

        def by_batch(states, actions=actions, chose_b=chose_b):
            probs = tf.reduce_sum(actions * simulation.actor(states), axis=1)
            advantages = tf.constant(-chose_b.astype("float32"))  # the reward less 1, the critic's only value
            return tf.reshape(advantages, (-1, samples)), tf.reshape(tf.math.log(probs), (-1, samples))

        def wrong(states, by_batch=by_batch):
            advantages, log_probs = by_batch(states)
            return -tf.reduce_mean(tf.reduce_mean(advantages, 1) * tf.reduce_mean(log_probs, 1))

        def right(states, by_batch=by_batch):
            advantages, log_probs = by_batch(states)
            return -tf.reduce_mean(advantages * log_probs)

        batch = {"states": tf.constant(states)}
        means.append([flat(gradients(simulation.actor, loss, batch)) for loss in (wrong, right)])
    return np.swapaxes(np.array(means, dtype="float64"), 0, 1)


def expectation(samples: int, batches: int) -> str:
    """Return a line about how much of the right gradient the wrong one holds on average."""
    wrong, right = mean_gradients(samples, batches)
    towards = right.mean(axis=0)
    parts = wrong @ towards / (towards @ towards)  # of each group: what it holds of the right gradient
    return (
        f"{batches:,} batches of {samples}: the mean wrong gradient holds {parts.mean():.4f} "
        f"± {parts.std(ddof=1) / np.sqrt(GROUPS):.4f} of the mean right one; 1/{samples} is {1 / samples:.4f}"
    )


def plot(path: pathlib.Path, of_each: list[np.ndarray]) -> None:
    """Draw the cosines of the first training by epoch, and those of all as a histogram."""
    import matplotlib.pyplot as plt

    figure, (by_epoch, all_of_them) = plt.subplots(
        1, 2, figsize=(10, 3.5), sharey=True, width_ratios=(3, 1), layout="constrained"
    )
    by_epoch.axhline(0, color="grey", linewidth=0.8)
    by_epoch.plot(of_each[0], ".", markersize=3)
    by_epoch.set(title="simulation 0", xlabel="epoch", ylabel="cosine to the right gradient")
    all_of_them.hist(np.concatenate(of_each), bins=40, orientation="horizontal")
    all_of_them.set(title=f"all {len(of_each)}", xlabel="epochs")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kept", type=pathlib.Path, help="what bandit_training.py --full --save wrote")
    parser.add_argument("--plot", type=pathlib.Path, help="draw the cosines (needs matplotlib)")
    options = parser.parse_args()
    kept = Kept(options.kept)
    for formulation in ("fixed", "vectorised"):
        of_each = [cosines(formulation, number, kept) for number in range(SIMULATIONS)]
        print(spread(formulation, of_each), flush=True)
    if options.plot:
        plot(options.plot, of_each)
    for samples, batches in ((2, 1_000_000), (10, 1_000_000), (100, 1_000_000)):
        print(expectation(samples, batches), flush=True)


if __name__ == "__main__":
    main()

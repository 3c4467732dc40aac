"""How the bandit's wrong gradient relates to the right one.

    python examples/bandit_training.py --compare --full --save bandit.npz
    python docs/measure_bandit.py bandit.npz --plot docs/bandit-cosine.png

First, both gradients are computed at the weights of each epoch of these training runs, on its samples and actions.
Then the expectation of both gradients over all possible actions is computed on a few samples. Finally, the fixed
array version is trained again with only the order of the samples in its loss changed, to show the effect of
rounding alone.
"""

import argparse
import itertools
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "examples"))

import numpy as np
import tensorflow as tf
from bandit import actor_arrays, actor_arrays_fixed
from bandit_training import Kept, Run, Simulation, apart, flat, gradients

SAMPLES = 100


def cosines(formulation: str, number: int, run: Run) -> np.ndarray:
    """Return the cosine between wrong and right gradient, NaN where one is zero, of shape (epochs,)."""
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


def reordered(number: int, run: Run) -> str:
    """Train the repaired arrays, with samples in reverse order in the loss; return how far that parts them."""
    simulation = Simulation(number, "fixed", SAMPLES, "softmax")
    loss = simulation.actor_loss
    simulation.actor_loss = lambda **batch: loss(**{name: array[::-1] for name, array in batch.items()})
    return apart(run, simulation.train(len(run.rewards), lambda: None))


def spread(formulation: str, of_each: list[np.ndarray]) -> str:
    """Return a line about the cosines of one formulation's trainings."""
    every = np.concatenate(of_each)
    known = every[~np.isnan(every)]
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    return (
        f"training {formulation}: {len(every):,} epochs, {np.isnan(every).mean():.0%} of them without a gradient; "
        f"otherwise median cosine {middle:+.2f}, 5 % below {low:+.2f}, 5 % above {high:+.2f}, "
        f"from {known.min():+.3f} to {known.max():+.3f}; negative in {(known < 0).mean():.0%}"
    )


def expected_gradients(samples: int) -> list[np.ndarray]:
    """Return the expectations of the wrong and of the right gradient, over all actions of the actor.

    Uses the initial weights of simulation 0, its first samples, all 2 ** samples sets of actions and their
    probabilities, in float64. Both results have shape (6,).
    """
    simulation = Simulation(0, "fixed", samples, "softmax")
    weights = [tf.constant(array, tf.float64) for array in simulation.actor.get_weights()]
    states = tf.cast(simulation.batch()["states"], tf.float64)
    chose_b = np.array(list(itertools.product((False, True), repeat=samples)))
    advantages = tf.constant(np.where(chose_b, -1.0, 0.0))  # the reward less 1, the critic's only value
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(weights)
        of_a, of_b = tf.unstack(tf.nn.log_softmax(states @ weights[0] + weights[1]), axis=1)
        log_probs = tf.where(chose_b, of_b, of_a)
        odds = tf.stop_gradient(tf.exp(tf.reduce_sum(log_probs, axis=1)))
        products = tf.reduce_mean(advantages, axis=1) * tf.reduce_mean(log_probs, axis=1)
        wrong = -tf.reduce_sum(odds * products)
        right = -tf.reduce_sum(odds * tf.reduce_mean(advantages * log_probs, axis=1))
    return [flat(tape.gradient(loss, weights)) for loss in (wrong, right)]


def expectation(samples: int) -> str:
    """Return a line that compares the expected wrong gradient with the right one."""
    wrong, right = expected_gradients(samples)
    part = wrong @ right / (right @ right)
    rest = np.linalg.norm(wrong - right / samples) / np.linalg.norm(wrong)
    return (
        f"{samples} samples, all {2**samples:,} sets of actions: the expected wrong gradient is {part:.12f} "
        f"of the expected right one (1/{samples} to within {rest:.0e})"
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
    caption = f"docs/measure_bandit.py: trainings of the array version, seeds 0 to {len(of_each) - 1}"
    figure.supxlabel(caption, fontsize=7, color="grey")
    figure.savefig(path, dpi=120)


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kept", type=pathlib.Path, help="what bandit_training.py --save wrote")
    parser.add_argument("--plot", type=pathlib.Path, help="draw the cosines (needs matplotlib)")
    parser.add_argument("--simulations", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=1000)
    options = parser.parse_args()
    runs = {name: runs_of(name, options) for name in ("fixed", "vectorised")}
    for formulation, of_each in runs.items():
        found = [cosines(formulation, number, run) for number, run in enumerate(of_each)]
        print(spread(formulation, found), flush=True)
    if options.plot:
        plot(options.plot, found)
    for samples in (2, 5, 15):
        print(expectation(samples))
    for number, run in enumerate(runs["fixed"]):
        print(
            f"fixed, and with samples in reverse order, simulation {number}: {reordered(number, run)}",
            flush=True,
        )


def runs_of(formulation: str, options: argparse.Namespace) -> list[Run]:
    """Return the trainings of a formulation that the file keeps."""
    kept = Kept(options.kept)
    names = [
        f"{formulation}, softmax, {SAMPLES} samples, {options.epochs} epochs, {number}"
        for number in range(options.simulations)
    ]
    runs = [kept.run(name) for name in names]
    if None in runs:
        raise SystemExit(
            f"{options.kept} has no training of {names[runs.index(None)]}: see bandit_training.py --save"
        )
    return runs


if __name__ == "__main__":
    main()

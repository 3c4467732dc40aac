"""What the benchmarks run: the bandit of examples/, and networks of several kinds. All on the processor."""

from __future__ import annotations

import gc
import importlib.util
import os
import pathlib
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import keras
import numpy as np
import tensorflow as tf
from models import MODELS, classifier, summed

import gradcheck
from gradcheck.comparison.api import diff_with
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.options import Options

warnings.filterwarnings("ignore", message="You are using a softmax over axis -1")

BANDIT = pathlib.Path(__file__).parents[2] / "examples" / "bandit.py"


def bandit(name: str, samples: int) -> gradcheck.Case:
    """Return a case of the example."""
    spec = importlib.util.spec_from_file_location("bandit", BANDIT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)(samples=samples)


def network(widths: tuple[int, ...], batch: int) -> gradcheck.Case:
    """Return a dense classifier with two ways of writing its cross entropy, which agree."""
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(width, activation="relu") for width in widths[1:-1]]
    model = keras.Sequential([keras.Input((widths[0],)), *hidden, keras.layers.Dense(widths[-1])])
    inputs = np.random.default_rng(0).normal(size=(batch, widths[0])).astype("float32")
    return classifier(model, inputs, widths[-1])


FIVE_MILLION = (1000, 2000, 1450, 64)
"""Widths of a network with 4,995,314 parameters."""

CASES: dict[str, Callable[[], gradcheck.Case]] = {
    "bandit, 100 samples": lambda: bandit("actor_fixed", 100),
    "bandit, 1,000 samples": lambda: bandit("actor_fixed", 1000),
    "network, 5 million parameters, batch 64": lambda: network(FIVE_MILLION, 64),
    **MODELS,
}

WRONG: dict[str, Callable[[], gradcheck.Case]] = {
    "bandit, 100 samples": lambda: bandit("actor", 100),
    "network, 5 million parameters, batch 64": lambda: summed(network(FIVE_MILLION, 64)),
    "CNN with batch normalisation": lambda: summed(MODELS["CNN with batch normalisation"](), training=True),
}
"""Cases with a fault, each under the name of one like it that has none."""

HUNDRED_TWENTY_MILLION = (1000, 10000, 10000, 1000)
"""Widths of a network with 120,021,000 parameters."""

LARGE: dict[str, Callable[[], gradcheck.Case]] = {
    "network, 120 million parameters, batch 64": lambda: network(HUNDRED_TWENTY_MILLION, 64),
    "bandit, 10,000 samples, 270,000 ops": lambda: bandit("actor_fixed", 10_000),
}


def bare_gradient(case: gradcheck.Case, side: str) -> list[Any]:
    """Differentiate one formulation as a training loop does."""
    batch = {name: tf.convert_to_tensor(array) for name, array in case.batch.items()}
    with tf.GradientTape() as tape:
        loss = getattr(case, side)(**batch)
    return dense_gradients(tape, loss, _variables(case))


def _variables(case: gradcheck.Case) -> Any:
    return getattr(case.variables, "trainable_variables", case.variables)


def compared(case: gradcheck.Case) -> gradcheck.Report:
    """Compare a case as the command line does for a table: without what images are drawn from."""
    return diff_with(case, Options())


def bare_gradients(case: gradcheck.Case) -> list[list[Any]]:
    """Differentiate both formulations, one after the other, and hold both gradients as a comparison must."""
    return [bare_gradient(case, side) for side in ("reference", "candidate")]


@dataclass(frozen=True)
class Times:
    """What each run of an action took: on the clock, and of the processors.

    Other programs on the machine lengthen the first much more than the second.
    """

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        processor, clock = _milliseconds(self.processor), _milliseconds(self.clock)
        return f"{processor} ms of the processors, {clock} ms on the clock"

    def per(self, other: Times) -> str:
        """Return the ratios to `other`: medians over neighbouring runs, that of the processors with its range."""
        ratios = sorted(a / b for a, b in zip(self.processor, other.processor, strict=True))
        clock = statistics.median(a / b for a, b in zip(self.clock, other.clock, strict=True))
        spread = f", from {ratios[0]:.2f} to {ratios[-1]:.2f}" if len(ratios) > 1 else ""
        return f"ratio {statistics.median(ratios):.2f}{spread} ({clock:.2f} on the clock)"


def interleaved(rounds: int, **actions: Callable[[], object]) -> dict[str, Times]:
    """Time each of `actions` in turn, `rounds` times over, after one round that is thrown away."""
    times = {name: Times() for name in actions}
    for number in range(rounds + 1):
        for name, action in actions.items():
            gc.collect()  # or one pays for what the other has left
            clock, processor = time.perf_counter(), time.process_time()
            action()
            if number:
                times[name].processor.append(time.process_time() - processor)
                times[name].clock.append(time.perf_counter() - clock)
    return times


def _milliseconds(seconds: list[float]) -> str:
    return f"{1e3 * statistics.median(seconds):,.0f}"

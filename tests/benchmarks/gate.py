"""Check that a comparison has not become much more expensive: a few ratios, with limits far above what they were.

    python tests/benchmarks/gate.py [--record]

The ratio is that of processor time to two bare gradients in the same process, so that it hardly depends on the
machine or its load.
"""

import csv
import datetime
import functools
import pathlib
import platform
import statistics
import sys

import tensorflow as tf
from workloads import CASES, WRONG, bare_gradients, compared, interleaved

import gradcheck

LIMITS = {
    "bandit, 100 samples": 2.5,
    "network, 5 million parameters, batch 64": 5.0,
    "CNN with batch normalisation": 3.5,
}
FINDS = {"network, 5 million parameters, batch 64": 6.0}
"""How many times what a comparison that finds nothing takes one takes that finds and proves a fault, at most."""

HISTORY = pathlib.Path(__file__).parent / "history.csv"
ROUNDS = 5


def ratio(name):
    """Return the median ratio of a comparison that finds nothing to two bare gradients."""
    case = CASES[name]()
    return _median(bare=functools.partial(bare_gradients, case), diff=functools.partial(compared, case))


def ratio_of_a_find(name):
    """Return the median ratio of a comparison that finds a fault to one that finds nothing."""
    wrong, right = WRONG[name](), CASES[name]()
    return _median(bare=functools.partial(compared, right), diff=functools.partial(compared, wrong))


def _median(**actions):
    times = interleaved(ROUNDS, **actions)
    pairs = zip(times["diff"].processor, times["bare"].processor, strict=True)
    return statistics.median(diff / bare for diff, bare in pairs)


def record(ratios):
    """Add the ratios to the history, one row for each."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    versions = (gradcheck.__version__, tf.__version__, platform.python_version())
    with HISTORY.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(
            (today, *versions, name, f"{figure:.2f}") for name, figure in ratios.items()
        )


def main():
    """Print each ratio with its limit; exit with 1 if one is exceeded."""
    ratios = {name: ratio(name) for name in LIMITS}
    ratios |= {_found(name): ratio_of_a_find(name) for name in FINDS}
    limits = LIMITS | {_found(name): limit for name, limit in FINDS.items()}
    for name, figure in ratios.items():
        said = "" if figure <= limits[name] else "  TOO MUCH"
        print(f"{name:60} ratio {figure:.2f}, limit {limits[name]:.1f}{said}")
    if "--record" in sys.argv[1:]:
        record(ratios)
    sys.exit(any(figure > limits[name] for name, figure in ratios.items()))


def _found(name):
    return f"a fault in: {name}"


if __name__ == "__main__":
    main()

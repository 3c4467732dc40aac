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
from workloads import CASES, bare_gradients, compared, interleaved

import gradcheck

LIMITS = {
    "bandit, 100 samples": 2.5,
    "network, 5 million parameters, batch 64": 5.0,
    "CNN with batch normalisation": 3.5,
}
HISTORY = pathlib.Path(__file__).parent / "history.csv"
ROUNDS = 5


def ratio(name):
    """Return the median ratio of a comparison that finds nothing to two bare gradients."""
    case = CASES[name]()
    times = interleaved(
        ROUNDS,
        bare=functools.partial(bare_gradients, case),
        diff=functools.partial(compared, case),
    )
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
    for name, figure in ratios.items():
        said = "" if figure <= LIMITS[name] else "  TOO MUCH"
        print(f"{name:45} ratio {figure:.2f}, limit {LIMITS[name]:.1f}{said}")
    if "--record" in sys.argv[1:]:
        record(ratios)
    sys.exit(any(figure > LIMITS[name] for name, figure in ratios.items()))


if __name__ == "__main__":
    main()

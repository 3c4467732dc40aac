"""What a guard costs on top of the bare gradient of the bandit, as a loop and as array operations.

python tests/benchmarks/guard_cost.py
"""

import functools
import sys

from workloads import bandit, bare_gradient, interleaved

import gradcheck


def guarded(case, side):
    """Differentiate one formulation under a guard."""
    with gradcheck.guard(on="collect"):
        bare_gradient(case, side)


def main():
    """Print the ratio of neighbouring runs."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    case = bandit("actor_fixed", 100)
    for side, name in (("reference", "a loop of 100 samples"), ("candidate", "array operations")):
        times = interleaved(
            rounds,
            bare=functools.partial(bare_gradient, case, side),
            guarded=functools.partial(guarded, case, side),
        )
        print(f"{name}; medians of {rounds} pairs of runs")
        print(f"  bare gradient  {times['bare']}")
        print(f"  guarded        {times['guarded']}")
        print(f"  {times['guarded'].per(times['bare'])}")


if __name__ == "__main__":
    main()

"""How long each mode of a target takes, with the start of its processes apart.

python tests/benchmarks/modes_cost.py [TARGET]
"""

import itertools
import sys
import time

from gradcheck.running.api import ModesOptions, modes_of_target


def main():
    """Print the seconds of each mode."""
    target = sys.argv[1] if len(sys.argv) > 1 else "tests/support/right_models.py:perceptron"
    marks = [("", time.perf_counter())]

    def begins(_, mode):
        marks.append((mode, time.perf_counter()))

    modes_of_target(target, ModesOptions(begins=begins, workers=2))
    marks.append(("", time.perf_counter()))
    taken = {}
    for (mode, start), (_, end) in itertools.pairwise(marks):
        name = mode or "processes, and float64"
        taken[name] = taken.get(name, 0.0) + end - start
    for name, seconds in taken.items():
        print(f"  {name:<24}{seconds:>6.1f} s")
    print(f"  {'all':<24}{marks[-1][1] - marks[0][1]:>6.1f} s")


if __name__ == "__main__":
    main()

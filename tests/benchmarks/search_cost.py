"""What a comparison costs that finds a fault and proves a fix, beside one that finds nothing.

python tests/benchmarks/search_cost.py
"""

import functools
import sys

from workloads import CASES, WRONG, compared, interleaved


def main():
    """Print what `diff` takes of a wrong and of a right loss, for a loop and two networks."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, make in WRONG.items():
        wrong, right = make(), CASES[name]()
        times = interleaved(
            rounds, nothing=functools.partial(compared, right), found=functools.partial(compared, wrong)
        )
        report = compared(wrong)
        print(f"{name}; medians of {rounds}; {report.search.tried} edits tried")
        print(f"  diff that finds nothing           {times['nothing']}")
        print(f"  diff that finds and proves a fix  {times['found']}")
        print(f"  {times['found'].per(times['nothing'])}")


if __name__ == "__main__":
    main()

"""What the search for a repair costs on the bandit, beside ten bare gradients of its loop.

python tests/benchmarks/search_cost.py
"""

import functools
import sys

from workloads import bandit, bare_gradient, interleaved

import gradcheck


def main():
    """Print `diff` with and without the search, and the bare gradient of the loop."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    wrong, right = bandit("actor", 100), bandit("actor_fixed", 100)
    times = interleaved(
        rounds,
        bare=functools.partial(bare_gradient, wrong, "reference"),
        without=functools.partial(gradcheck.diff, right),
        with_search=functools.partial(gradcheck.diff, wrong),
    )
    report = gradcheck.diff(wrong)
    print(f"bandit, 100 samples; medians of {rounds}; {report.search.tried} edits tried")
    print(f"  bare gradient of the loop        {times['bare']}")
    print(f"  diff that finds nothing          {times['without']}")
    print(f"  diff that finds and proves a fix {times['with_search']}")
    print(f"  the whole diff to one bare gradient: {times['with_search'].per(times['bare'])}")


if __name__ == "__main__":
    main()

"""What `gradcheck.diff` costs on a network of 120 million parameters, and on a loop of 270,000 ops.

    python tests/benchmarks/scale_cost.py [ROUNDS [NAME]]

NAME is how the name of what is measured begins: network or bandit.

Time and peak memory beside the two bare gradients, as in diff_cost.py. It takes some minutes and gigabytes.
"""

import functools
import sys

from diff_cost import peak, peaks
from workloads import LARGE, bare_gradients, compared, interleaved


def main():
    """Measure, or in a process of its own run one thing and print the peak."""
    if sys.argv[1:] and sys.argv[1] in LARGE:
        print(peak(LARGE, *sys.argv[1:]))
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    chosen = sys.argv[2] if len(sys.argv) > 2 else ""
    for name, make in LARGE.items():
        if not name.startswith(chosen):
            continue
        case = make()
        times = interleaved(
            rounds,
            bare=functools.partial(bare_gradients, case),
            diff=functools.partial(compared, case),
        )
        print(f"{name}; medians of {rounds}")
        print(f"  two bare gradients  {times['bare']}")
        print(f"  diff                {times['diff']}")
        print(f"  {times['diff'].per(times['bare'])}")
        del case
        print(peaks(__file__, name), flush=True)


if __name__ == "__main__":
    main()

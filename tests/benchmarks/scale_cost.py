"""What `gradcheck.diff` costs on a network of 120 million parameters, and on a loop of 270,000 ops.

    python tests/benchmarks/scale_cost.py [ROUNDS [NAME]]

NAME is how the name of what is measured begins: network or bandit.

Time and peak memory beside the two bare gradients, as in diff_cost.py. It takes some minutes and gigabytes. With
one round, each is timed where its memory is measured, in a process that does nothing else.
"""

import functools
import subprocess
import sys
import time

from diff_cost import peak, peaks
from workloads import LARGE, Times, bare_gradients, compared, interleaved


def main():
    """Measure, or in a process of its own run one thing and print what it took."""
    if sys.argv[1:] and sys.argv[1] in LARGE:
        _run(*sys.argv[1:])
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    chosen = sys.argv[2] if len(sys.argv) > 2 else ""
    for name, make in LARGE.items():
        if name.startswith(chosen):
            print(_once(name) if rounds == 1 else _several(name, make, rounds), flush=True)


def _several(name, make, rounds):
    case = make()
    times = interleaved(
        rounds,
        bare=functools.partial(bare_gradients, case),
        diff=functools.partial(compared, case),
    )
    del case
    return "\n".join((f"{name}; medians of {rounds}", _lines(times), peaks(__file__, name)))


def _once(name):
    times, memory = {}, {}
    for action in ("bare", "diff"):
        command = [sys.executable, __file__, name, action, "timed"]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
        memory[action], clock, processor = map(float, ran.stdout.split())
        times[action] = Times([clock], [processor])
    held = f"bare {memory['bare']:,.0f} MiB, diff {memory['diff']:,.0f} MiB"
    ratio = memory["diff"] / memory["bare"]
    return "\n".join((f"{name}; run once", _lines(times), f"  peak memory: {held}, ratio {ratio:.2f}"))


def _lines(times):
    return "\n".join(
        (
            f"  two bare gradients  {times['bare']}",
            f"  diff                {times['diff']}",
            f"  {times['diff'].per(times['bare'])}",
        )
    )


def _run(name, action, timed=""):
    """Print the peak of one thing, in MiB; where asked, what it took on the clock and of the processors, too."""
    clock, processor = time.perf_counter(), time.process_time()
    most = peak(LARGE, name, action)
    print(most, *((time.perf_counter() - clock, time.process_time() - processor) if timed else ()))


if __name__ == "__main__":
    main()

"""Where `gradcheck.diff` spends its time and memory, stage by stage.

python tests/benchmarks/where_time_goes.py
"""

from __future__ import annotations

import functools
import pathlib
import time

from workloads import CASES, bandit

import gradcheck
from gradcheck.comparison import compare, judged
from gradcheck.execution.replay import float64_gradients
from gradcheck.execution.run import formulation, freeze, pair

STAGES = (
    (freeze.Frozen, "__init__", "freeze: find generators"),
    (freeze.Frozen, "restore", "freeze: put everything back"),
    (pair, "run", "run under the tape, recording"),
    (formulation, "dense_gradients", "    of which the gradient"),
    (judged, "measured", "replay without large gradients"),
    (pair, "float64_gradients", "replay and prove it"),
    (float64_gradients, "exact_replay", "    of which replays"),
    (pair, "difference", "judge: gradients as they ran"),
    (judged, "judge", "judge: both sides in float64"),
    (compare, "explain", "explain"),
    (compare, "downsample", "pictures for the report"),
)


class Clock:
    """What a stage took so far, and how far the process's memory had grown by its end."""

    def __init__(self, label: str, base: int) -> None:
        self.label, self.base = label, base
        self.processor = self.clock = self.resident = 0.0

    def around(self, function):
        """Return `function`, timed."""

        @functools.wraps(function)
        def timed(*arguments, **named):
            clock, processor = time.perf_counter(), time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.processor += time.process_time() - processor
                self.clock += time.perf_counter() - clock
                self.resident = (_resident() - self.base) / 1024

        return timed

    def __str__(self) -> str:
        return (
            f"  {self.label:32} {1e3 * self.processor:8,.0f} ms of the processors, "
            f"{1e3 * self.clock:8,.0f} ms on the clock; holding {self.resident:4.0f} MiB after it"
        )


def _resident() -> int:
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def main() -> None:
    """Print the stages of one comparison of each case, after one that is thrown away."""
    for name, make in CASES.items():
        gradcheck.diff(bandit("critic_fixed", 2))
        base = _resident()
        case = make()
        gradcheck.diff(case)
        clocks = [Clock(label, base) for _, _, label in STAGES]
        originals = [getattr(home, function) for home, function, _ in STAGES]
        for (home, function, _), clock, original in zip(STAGES, clocks, originals, strict=True):
            setattr(home, function, clock.around(original))
        whole = Clock("all of it", base)
        whole.around(gradcheck.diff)(case)
        for (home, function, _), original in zip(STAGES, originals, strict=True):
            setattr(home, function, original)
        print(name, *clocks, whole, sep="\n", flush=True)


if __name__ == "__main__":
    main()

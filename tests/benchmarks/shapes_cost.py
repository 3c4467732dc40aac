"""What tracing shapes costs on top of the bare forward pass of the bandit's loop, and how it grows.

python tests/benchmarks/shapes_cost.py [SAMPLES ...]
"""

import functools
import sys
import time

import tensorflow as tf
from workloads import bandit, interleaved

from gradcheck.execution.run.shapes import trace_of
from gradcheck.tracing.axes import axes_of
from gradcheck.tracing.rows import fold


def batch_of(case):
    """Return the batch as tensors."""
    return {name: tf.convert_to_tensor(array) for name, array in case.batch.items()}


def folded(trace):
    """Return the rows of a trace, and the seconds of the processors that they took."""
    start = time.process_time()
    rows = fold(trace, axes_of(trace, None, None))
    return rows, time.process_time() - start


def main():
    """Print the ratio of neighbouring runs for each number of samples."""
    for samples in [int(text) for text in sys.argv[1:]] or [100, 1000, 10_000]:
        case = bandit("actor", samples)
        batch = batch_of(case)
        rounds = max(1, 1500 // samples)
        times = interleaved(
            rounds,
            bare=functools.partial(case.reference, **batch),
            traced=functools.partial(trace_of, case.reference, batch),
        )
        trace = trace_of(case.reference, batch).trace
        rows, seconds = folded(trace)
        steps = len(trace.steps)
        print(f"a loop of {samples:,} samples, {steps:,} ops, forward alone; medians of {rounds}")
        print(f"  bare    {times['bare']}")
        print(f"  traced  {times['traced']}")
        print(f"  {times['traced'].per(times['bare'])}")
        print(f"  folded into {len(rows)} rows in {seconds:.2f} s, {seconds / steps * 1e6:.0f} µs per op")


if __name__ == "__main__":
    main()

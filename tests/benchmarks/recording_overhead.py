"""What recording costs on top of the bare gradient of the bandit's loop.

python tests/benchmarks/recording_overhead.py
"""

import functools
import sys

import tensorflow as tf
from workloads import bandit, bare_gradient, interleaved

from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.record.recorder import Recorder


def recorded(case):
    """Differentiate the loop with every op kept meanwhile; return how many there were."""
    batch = {name: tf.convert_to_tensor(array) for name, array in case.batch.items()}
    recorder = Recorder()
    with tf.GradientTape() as tape, recorder.recording():
        loss = case.reference(**batch)
    dense_gradients(tape, loss, case.variables.trainable_variables)
    return len(recorder)


def main():
    """Print the ratio of neighbouring runs."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    case = bandit("actor_fixed", 100)
    times = interleaved(
        rounds,
        bare=functools.partial(bare_gradient, case, "reference"),
        kept=functools.partial(recorded, case),
    )
    print(f"a loop of 100 samples, {recorded(case):,} ops; medians of {rounds} pairs of runs")
    print(f"  bare gradient  {times['bare']}")
    print(f"  recorded       {times['kept']}")
    print(f"  {times['kept'].per(times['bare'])}")


if __name__ == "__main__":
    main()

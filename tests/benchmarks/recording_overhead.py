"""What recording costs on top of the bare gradient of the bandit's loop.

    python tests/benchmarks/recording_overhead.py
"""

import statistics

import tensorflow as tf
from workloads import bandit, bare_gradient, interleaved, median_ratio

from gradcheck.execution.gradients import dense_gradients
from gradcheck.execution.record import Recorder


def recorded(case):
    """Return the bare gradient, with every op kept meanwhile."""
    batch = {name: tf.convert_to_tensor(array) for name, array in case.batch.items()}
    recorder = Recorder()
    with tf.GradientTape() as tape, recorder.recording():
        loss = case.reference(**batch)
    dense_gradients(tape, loss, case.variables.trainable_variables)
    return len(recorder)


def main():
    """Print the ratio of neighbouring runs, for two lengths of the loop."""
    for samples, rounds in ((100, 40), (1000, 8)):
        case = bandit("actor_fixed", samples)
        times = interleaved(
            rounds, bare=lambda case=case: bare_gradient(case, "reference"), kept=lambda case=case: recorded(case)
        )
        print(
            f"loop of {samples:5,} samples, {recorded(case):6,} ops: "
            f"bare {1e3 * statistics.median(times['bare']):7.1f} ms, "
            f"recorded {1e3 * statistics.median(times['kept']):7.1f} ms, "
            f"ratio {median_ratio(times['kept'], times['bare']):.3f} (median of {rounds} pairs)"
        )


if __name__ == "__main__":
    main()

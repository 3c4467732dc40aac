"""What `gradcheck.diff` costs when it finds nothing, beside the two bare gradients: time, and peak memory.

    python tests/benchmarks/diff_cost.py

Memory is measured in processes of their own: the peak, less what the process held once TensorFlow was
loaded. So the weights and the batch count on both sides.
"""

import functools
import gc
import pathlib
import subprocess
import sys

import tensorflow as tf
from workloads import CASES, bandit, bare_gradients, compared, interleaved, network

import gradcheck

ROUNDS = {"bandit, 1,000 samples": 3}
"""How often each is run; nine times where nothing is said."""


def main():
    """Measure, or in a process of its own run one thing and print the peak."""
    if len(sys.argv) > 1:
        print(peak(CASES, *sys.argv[1:]))
        return
    for name, make in CASES.items():
        case = make()
        rounds = ROUNDS.get(name, 9)
        times = interleaved(
            rounds,
            bare=functools.partial(bare_gradients, case),
            diff=functools.partial(compared, case),
        )
        print(f"{name}; medians of {rounds}")
        print(f"  two bare gradients  {times['bare']}")
        print(f"  diff                {times['diff']}")
        print(f"  {times['diff'].per(times['bare'])}")
        print(peaks(__file__, name), flush=True)
    _beside_finite_differences()


def peaks(script, name):
    """Return a line on the peaks of both, each measured by a process of its own."""
    bare, diff = (
        float(subprocess.run([sys.executable, script, name, action], check=True, capture_output=True).stdout)
        for action in ("bare", "diff")
    )
    return f"  peak memory: bare {bare:,.0f} MiB, diff {diff:,.0f} MiB, ratio {diff / bare:.2f}"


def peak(cases, name, action):
    """Return by how many MiB the peak of this process grows while it runs one thing once."""
    gradcheck.diff(bandit("critic_fixed", 2))  # whatever is loaded at first use
    bare_gradients(bandit("critic_fixed", 2))
    gc.collect()
    pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts from here
    before = _kibibytes("VmRSS")
    case = cases[name]()
    bare_gradients(case) if action == "bare" else compared(case)
    return (_kibibytes("VmHWM") - before) / 1024


def _kibibytes(name):
    """Return a figure of this process; Linux only.

    `resource.getrusage` would not do: a process inherits the peak of the one that started it.
    """
    status = pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(f"{name}:"))


def _beside_finite_differences():
    """Print what TensorFlow's own check by finite differences takes, for one formulation."""
    case = network((8, 16, 4), 32)
    batch = {name: tf.convert_to_tensor(array) for name, array in case.batch.items()}
    weights = case.variables.trainable_variables

    def loss(*values):
        hidden = tf.nn.relu(batch["inputs"] @ values[0] + values[1])
        logits = hidden @ values[2] + values[3]
        return -tf.reduce_mean(tf.gather(tf.nn.log_softmax(logits), batch["labels"], batch_dims=1))

    def finite_differences():
        return tf.test.compute_gradient(loss, [weight.numpy() for weight in weights])

    times = interleaved(5, finite=finite_differences, diff=functools.partial(compared, case))
    off = max(abs(one - other).max() for one, other in zip(*finite_differences(), strict=True))
    print(f"a network of {case.variables.count_params()} parameters; medians of 5")
    print(f"  tf.test.compute_gradient, one formulation  {times['finite']}")
    print(f"  diff, both formulations                    {times['diff']}")
    print(f"  {times['diff'].per(times['finite'])}")
    print(f"  compute_gradient agrees with the tape to {off:.0e}")


if __name__ == "__main__":
    main()

"""Ops of TensorFlow's that end the process when their inputs are changed, and whether `fragile.py` knows them.

python tests/support/fragile_ops.py [LOSSES]      of every so many of the corpus, 10 by default; takes minutes
"""

from __future__ import annotations

import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
from collections import defaultdict

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from gradcheck.execution.ops.fragile import harmless_from, is_fragile
from gradcheck.execution.run.runners import looking
from support import corpus

EXAMPLES = 3
"""How many calls of an op are changed."""

ENOUGH = 5
"""How often a kind of op may end the process before it is believed."""


_NO_NUMBERS = (tf.resource, tf.variant, tf.string)


def examples(names):
    """Return calls of each kind of op that losses run: what the op is given, with arrays for tensors."""
    found = defaultdict(dict)

    def look(name, operands):
        if any(getattr(one, "dtype", None) in _NO_NUMBERS for one in operands):
            return
        calls = found[tf.compat.as_str(name)]
        given = [one.numpy() if isinstance(one, tf.Tensor | tf.Variable) else one for one in operands]
        key = str([(getattr(one, "shape", None), getattr(one, "dtype", one)) for one in given])
        if len(calls) < EXAMPLES and not any(isinstance(one, list | tuple) for one in given[:3]):
            calls.setdefault(key, given)

    for name in names:
        build = corpus.module(name).build
        case = build()
        for side in ("reference", "candidate"):
            run = case[side] if isinstance(case, dict) else getattr(case, side)
            parts = case if isinstance(case, dict) else vars(case)
            batch = {key: tf.constant(value) for key, value in parts["batch"].items()}
            with tf.GradientTape() as tape, looking(look):
                loss = run(batch) if isinstance(case, dict) else run(**batch)
            with looking(look):
                tape.gradient(loss, list(parts["variables"]))
    return found


def changed(given):
    """Yield what an op is given with one array of another shape, or with other whole numbers in it."""
    for place, one in enumerate(given):
        if isinstance(one, np.ndarray) or (place and np.isscalar(one) and not isinstance(one, str | bytes)):
            for other in others(np.asarray(one)):
                yield [*given[:place], np.ascontiguousarray(other), *given[place + 1 :]]


def others(array):
    """Yield arrays that a change of the source may make of one."""
    for axis in range(array.ndim):
        yield np.take(array, [], axis=axis)
        yield np.expand_dims(array, axis)
        yield np.concatenate([array, array], axis)
        yield from (np.take(array, some, axis=axis) for some in ([0], 0) if array.shape[axis])
    yield array[..., None]
    yield array.T
    if array.dtype in (np.int32, np.int64) and 0 < array.size <= 64:
        yield from (
            np.where(np.arange(array.size).reshape(array.shape) == 0, one, array) for one in (0, -1, 7)
        )
        yield np.zeros_like(array)


def work():
    """Run ops that are pickled into the files that the standard input names."""
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import context

    context.ensure_initialized()
    for line in sys.stdin:
        name, given = pickle.loads(pathlib.Path(line.strip()).read_bytes())
        tensors = [tf.constant(one) if isinstance(one, np.ndarray) else one for one in given]
        try:
            pywrap_tfe.TFE_Py_FastPathExecute(context.context(), name, *tensors)
        except Exception:  # an op may refuse what it is given in any way
            print("raised", flush=True)
        else:
            print("ran", flush=True)


class Worker:
    """A process that runs ops, and a new one where that ended."""

    def __init__(self, folder):
        self._file, self._process = folder / "op", None

    def survives(self, name, given):
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, __file__, "--work"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        self._file.write_bytes(pickle.dumps((name, given)))
        self._process.stdin.write(f"{self._file}\n")
        self._process.stdin.flush()
        if self._process.stdout.readline():
            return True
        self._process.wait()
        return False


def main():
    """Print the kinds of ops that ended a process, how often, and whether they are known for it."""
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    found = examples([*corpus.NAMES, *corpus.UNSEEN][::every])
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(pathlib.Path(folder))
        for name, calls in sorted(found.items()):
            ended = 0
            for given in (one for call in calls.values() for one in changed(call)):
                if ended < ENOUGH:
                    tried += 1
                    ended += not worker.survives(name, given)
            if ended:
                known = is_fragile(name) or harmless_from(name) is not None
                print(f"{name}: {ended} times; {'known' if known else 'NOT known'} to be fragile", flush=True)
    print(f"{tried} changes of {len(found)} kinds of ops")


if __name__ == "__main__":
    work() if "--work" in sys.argv else main()

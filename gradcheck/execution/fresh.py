"""A second batch for a case that holds only one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from gradcheck.case import Case
from gradcheck.execution.freeze import frozen
from gradcheck.execution.prepare import prepare
from gradcheck.execution.rows import with_rows

_JITTER = 0.05

How = Literal["drawn", "shuffled"]


@contextmanager
def resampled(case: Case, seed: int, how: How = "drawn") -> Iterator[Case]:
    """Yield `case` with its samples drawn again, and its weights moved a little.

    Samples are drawn whole, so whatever belongs together stays together. ``drawn``: with replacement, in
    their order, since they may be sorted. ``shuffled``: each once, for a loss of pairs that cannot do with
    a sample that is there twice. The weights are as before on leaving. Another batch of the same distribution
    it is not: what no sample has, no draw will show.
    """
    prepared = prepare(case)
    random = np.random.default_rng(seed)
    axis = prepared.sample_axis()
    samples = axis.length
    rows = np.sort(random.integers(0, samples, samples)) if how == "drawn" else random.permutation(samples)
    batch = with_rows(prepared.batch, axis, rows)
    with frozen(seed):
        for variable in prepared.variables.values():
            variable.assign(_moved(variable, random))
        yield replace(case, batch=batch)


def _moved(variable: Any, random: np.random.Generator) -> Any:
    value = tf.cast(variable, tf.float64).numpy()
    spread = float(value.std()) or float(np.abs(value).max(initial=0.0)) or 1.0
    return tf.cast(value + _JITTER * spread * random.standard_normal(value.shape), variable.dtype)

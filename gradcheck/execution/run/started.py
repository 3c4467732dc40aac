"""The weights that a run started from, put back before another one: a factory may have given others meanwhile."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from gradcheck.arrays import array_of
from gradcheck.execution.run.prepare import Prepared
from gradcheck.program.run import Run


def start_from(done: Run, prepared: Prepared) -> None:
    """Give the variables the values that a run started from. What has them is left alone: it may be trained.

    They are assigned to: that is for within `frozen`, which puts the values back.
    """
    for path, variable in prepared.variables.items():
        if not np.array_equal(array_of(variable.read_value()), array_of(done.start[path])):
            variable.assign(done.start[path])
    for handle, value in prepared.beside:
        tf.raw_ops.AssignVariableOp(resource=handle, value=value)

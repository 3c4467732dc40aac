"""The weights that a run started from, put back before another one: a factory may have given others meanwhile."""

from __future__ import annotations

import numpy as np

from gradcheck.arrays import array_of
from gradcheck.execution.run.assignments import assign
from gradcheck.execution.run.prepare import Prepared
from gradcheck.program.run import Run


def start_from(done: Run, prepared: Prepared) -> None:
    """Give the variables the values that a run started from. What has them is left alone: it may be trained."""
    for path, variable in prepared.variables.items():
        if not np.array_equal(array_of(variable.read_value()), array_of(done.start[path])):
            variable.assign(done.start[path])
    assign(prepared.beside)

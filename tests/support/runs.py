"""One formulation, run."""

from __future__ import annotations

import numpy as np

import gradcheck
from gradcheck.execution.run.pair import run_pair


def run_of(loss, w):
    gradcheck.execution.start()
    case = gradcheck.Case(
        reference=loss, candidate=loss, batch={"x": np.ones((2, 1), "float32")}, variables=[w]
    )
    return run_pair(case, 0).runs[1]

"""A hint for formulations that raise because batch and variables differ in precision."""

from __future__ import annotations

import re

from gradcheck.errors import said
from gradcheck.execution.run.prepare import Prepared, leaves

_DOUBLE, _SINGLE = re.compile(r"\b(double|float64)\b"), re.compile(r"\b(float|float32)\b")


def hint_at_precision(error: BaseException, prepared: Prepared) -> str:
    """Return what to cast, where `error` is of float64 and float32, and the batch and the variables are."""
    told = said(error)
    if not (_DOUBLE.search(told) and _SINGLE.search(told)):
        return ""
    if any(variable.dtype.name != "float32" for variable in prepared.variables.values()):
        return ""
    arrays = [path for path, tensor in leaves("batch", prepared.batch) if tensor.dtype.name == "float64"]
    if not arrays:
        return ""
    are, them = ("is", "it") if len(arrays) == 1 else ("are", "them")
    return f"{' and '.join(arrays)} {are} float64, the variables are float32: cast {them} in the case"

"""The ops of the user's own that run while a loss is differentiated: of gradients that are written by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.program.recording import Breakdown, Op
from gradcheck.source import site_at


class WayBack:
    """What TensorFlow calls after each op meanwhile: it keeps the first that makes of finite numbers what is not.

    Parameters
    ----------
    place
        Returns where in the user's code a frame is, if it is there.
    """

    def __init__(self, place: Callable[[FrameType], tuple[CodeType | None, int]]) -> None:
        self._place = place
        self.broken: Breakdown | None = None

    def __call__(  # noqa: PLR0917 - the signature is TensorFlow's
        self,
        op_type: str | bytes,
        inputs: tuple[Tensor, ...],
        attributes: tuple[Any, ...],
        outputs: Any,
        op_name: str | None = None,
        graph: Any = None,
    ) -> None:
        """Look at an op that has run."""
        if graph is not None or self.broken is not None:
            return
        code, instruction = self._place(sys._getframe(1))
        if code is not None and not _are_finite(outputs or ()) and _are_finite(inputs):
            op = Op(-1, tf.compat.as_str(op_type), (), (), {}, site_at(code, instruction))
            self.broken = Breakdown(op, "value", outputs[0].dtype.name, finite_in_float64=None)


def _are_finite(tensors: Iterable[Tensor]) -> bool:
    return all(np.isfinite(one.numpy()).all() for one in tensors if one.dtype.is_floating)

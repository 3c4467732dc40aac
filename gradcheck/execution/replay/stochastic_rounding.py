"""A replay in float64 in which every op rounds at random, as coarsely as when it was recorded.

How far its gradient lies from the exact one is a sample of the noise that rounding makes (Monte Carlo
arithmetic; Stott Parker, 1997). Another sample is the gradient in the recording's own precision, but that
one is a single number for a scalar variable, and may be zero by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.float64_kernels import Kernel
from gradcheck.execution.replay.machine import Machine, Replay, run_through
from gradcheck.program.recording import Op, Recording


def stochastically_rounded(
    recording: Recording, start: Mapping[str, Any], seed: int, *, as_float64: bool = False
) -> Replay:
    """Replay `recording` in float64, each result that depends on a variable off by half a last digit.

    So is the gradient of each, on the way back. It is the last digit of the dtype that the result was
    recorded in, or with `as_float64` that of float64: a sample of the replay's own rounding.
    """
    return run_through(_StochasticRoundingMachine(recording, start, seed, as_float64), recording)


class _StochasticRoundingMachine(Machine):
    def __init__(self, recording: Recording, start: Mapping[str, Any], seed: int, as_float64: bool) -> None:
        super().__init__(recording, start, float64=True)
        self._random = np.random.default_rng(seed)
        self._as_float64 = as_float64

    def _execute(self, op: Op, inputs: list[Tensor]) -> Sequence[Tensor]:
        return self._rounded(op, super()._execute(op, inputs))

    def _by_float64_kernel(self, op: Op, kernel: Kernel, inputs: list[Tensor]) -> Sequence[Tensor]:
        return self._rounded(op, super()._by_float64_kernel(op, kernel, inputs))

    def _rounded(self, op: Op, outputs: Sequence[Tensor]) -> Sequence[Tensor]:
        if op.type in _EXACT:
            return outputs
        return [self._off(number, output) for number, output in zip(op.outputs, outputs, strict=True)]

    def _off(self, number: int, output: Any) -> Any:
        digit = _LAST_DIGIT.get(self._recording.tensors[number].dtype)
        if digit is None or number not in self._recording.trainable:
            return output
        digit = _LAST_DIGIT["float64"] if self._as_float64 else digit
        forward, backward = (
            tf.constant(1 + digit * self._random.uniform(-1, 1, output.shape), output.dtype) for _ in range(2)
        )
        return _scaled(output, forward, backward)


@tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
def _scaled(output: Any, forward: Any, backward: Any) -> tuple[Any, Any]:
    """Return `output` times `forward`; the gradient that comes back is rounded as well, by `backward`."""
    return output * forward, lambda upstream: (upstream * backward, None, None)


_LAST_DIGIT = {
    "bfloat16": 2.0**-8,
    "float16": 2.0**-11,
    "float32": 2.0**-24,
    "complex64": 2.0**-24,
    "float64": 2.0**-53,
    "complex128": 2.0**-53,
}

_EXACT_OPS = """
    BroadcastTo Cast ConcatV2 ExpandDims GatherNd GatherV2 Identity IdentityN Max MaxPool Maximum Min Minimum
    Neg Pack Relu Reshape Select SelectV2 Slice Split SplitV Squeeze StopGradient StridedSlice Tile TopKV2
    Transpose Unpack
"""

_EXACT = frozenset(_EXACT_OPS.split())
"""Ops that round nothing. Jitter would break the ties among what they pass on."""

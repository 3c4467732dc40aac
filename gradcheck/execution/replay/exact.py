"""A replay in float64 for the gradients of the variables alone, in less time and memory than any replay takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.arrays import Tensor
from gradcheck.execution.ops.direct_gradients import direct_gradient, sketched_product
from gradcheck.execution.replay.machine import Machine, Replay, run_through
from gradcheck.execution.tensorflow_internals import (
    a_tape_watches,
    count_of_elements,
    record_backward,
    tensor_id,
)
from gradcheck.program.recording import Op, Recording


def exact_replay(
    recording: Recording,
    start: Mapping[str, Tensor],
    sketches: Mapping[str, Any] | None = None,
    *,
    hold: bool = False,
) -> Replay:
    """Run `recording` again in float64 and differentiate its loss, for some ops by formulas of ours.

    Parameters
    ----------
    sketches
        Matrices by path of a variable: in place of its gradient, its product with that matrix is returned.
    hold
        Whether its tensors are held.

    Raises
    ------
    ReplayUnavailableError
        As for `replay`.
    """
    return run_through(_ExactMachine(recording, start, sketches or {}), recording, hold=hold)


class _ExactMachine(Machine):
    """A replay in which all readers of a variable share a tensor: in float64, the order of sums does not matter.

    A large variable is widened where it is read and once more for its gradient, and not held in between: only the
    largest of them is, where it has no gradient of its own.
    """

    def __init__(
        self, recording: Recording, start: Mapping[str, Tensor], sketches: Mapping[str, Any]
    ) -> None:
        super().__init__(recording, start, float64=True)
        self._sketches = sketches
        self._wide: dict[str, Tensor] = {}
        self._again: dict[int, tuple[str, _Widened]] = {}
        self._largest = max(sketches, key=lambda path: count_of_elements(start[path]), default=None)
        self._often = {path for path, count in Counter(recording.reads.values()).items() if count > _OFTEN}

    def _leaf(self, value: Tensor) -> Tensor:
        return value

    def read(self, path: str) -> Tensor:
        """Return the value of the variable, for one reader or for all."""
        if path in self._wide:
            return self._wide[path]
        leaf = self.leaves[path]
        wide = self._widened(leaf)
        if wide is leaf:
            return leaf
        record_backward("Cast", [wide], [leaf], lambda g: (g,))
        is_held = path in self._often or count_of_elements(leaf) < _LARGE
        if is_held and path not in self._sketches:
            self._wide[path] = wide
        else:
            kept = wide if path == self._largest else None
            self._again[tensor_id(wide)] = path, _Widened(lambda: self._widened(leaf), kept)
        return wide

    def _record(
        self, kind: str, op: Op, inputs: list[Tensor], attributes: tuple[Any, ...], outputs: Sequence[Tensor]
    ) -> None:
        if not a_tape_watches(*inputs):
            return
        read = {
            place: found
            for place, each in enumerate(inputs)
            if self._again and (found := self._again.get(tensor_id(each))) is not None
        }
        again = {place: make for place, (_, make) in read.items()}
        sketch = self._sketches.get(read[1][0]) if 1 in read else None
        if sketch is not None and not a_tape_watches(inputs[0]):
            again[1].drop()
        backward = (
            direct_gradient(kind, inputs, outputs, op.attributes, again)
            if sketch is None
            else sketched_product(inputs, again[1], sketch)
        )
        if backward is None:
            super()._record(kind, op, inputs, attributes, outputs)
        else:
            record_backward(kind, outputs, inputs, backward)


class _Widened:
    """What widens a variable for the gradient of one of its readers: what was kept, the first time; else anew."""

    def __init__(self, widened: Callable[[], Tensor], kept: Tensor | None) -> None:
        self._widened, self._kept = widened, kept

    def __call__(self) -> Tensor:
        kept, self._kept = self._kept, None
        return self._widened() if kept is None else kept

    def drop(self) -> None:
        """Keep nothing: no gradient asks for it."""
        self._kept = None


_LARGE = 2**18
"""How many numbers a variable has at least whose float64 value is not held."""

_OFTEN = 4
"""How often it is read at most, so that widening it each time takes little beside what is done with it."""

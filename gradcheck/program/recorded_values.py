"""The tensors of a recording, large ones of which may be let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gradcheck.arrays import Tensor


class RecordedValues(Mapping[int, Tensor]):
    """The tensors of a run by number. Those that were let go are computed again when one is asked for."""

    def __init__(self, values: Mapping[int, Tensor]) -> None:
        self._held = dict(values)
        self._released: dict[int, None] = {}
        self._again: Callable[[], Mapping[int, Tensor]] | None = None

    def release(self, numbers: Iterable[int], again: Callable[[], Mapping[int, Tensor]]) -> None:
        """Let go of tensors.

        Parameters
        ----------
        numbers
            Those that `again` computes.
        again
            Returns these tensors from the others. It is called at most once.
        """
        for number in numbers:
            if self._held.pop(number, None) is not None:
                self._released[number] = None
        self._again = again

    @property
    def held(self) -> int:
        """How many tensors were not let go."""
        return len(self._held)

    def __getitem__(self, number: int) -> Tensor:
        if self._again is not None and number in self._released:
            again, self._again = self._again, None
            self._held.update(again())
            self._released = {}
        return self._held[number]

    def __contains__(self, number: object) -> bool:
        return number in self._held or number in self._released

    def __iter__(self) -> Iterator[int]:
        return iter([*self._held, *self._released])  # while it is gone through, some may come back

    def __len__(self) -> int:
        return len(self._held) + len(self._released)

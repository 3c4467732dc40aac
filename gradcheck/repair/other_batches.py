"""Other batches than the case's own, on which what works there has to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from gradcheck.findings import Second
from gradcheck.repair.goal import Goal


def always() -> bool:
    """Return True."""
    return True


@dataclass(frozen=True)
class OtherBatch:
    """Another batch than the case's own.

    Parameters
    ----------
    tells_of_sizes
        Returns whether a number has to hold on it that holds on the case's own: not where it is of another size,
        and one of the sides has its size written into it.
    """

    target: Goal
    second: Second
    tells_of_sizes: Callable[[], bool] = field(default=always, kw_only=True)


class OtherBatches:
    """Other batches, each made when it is first asked for.

    Parameters
    ----------
    make
        Makes them in groups. Of each group it is the first one on which the sides differ: where they agree anyway,
        nothing can be proved.
    """

    def __init__(self, make: Callable[[], Iterable[Iterable[OtherBatch]]]) -> None:
        self._make = make
        self._coming: Iterator[Iterable[OtherBatch]] | None = None
        self._made: list[OtherBatch] = []

    def __iter__(self) -> Iterator[OtherBatch]:
        place = 0
        while place < len(self._made) or self._one_more():
            yield self._made[place]
            place += 1

    def _one_more(self) -> bool:
        if self._coming is None:
            self._coming = iter(self._make())
        for group in self._coming:
            for other in group:
                if other.target.reached(()) == "differs":
                    self._made.append(other)
                    return True
        return False

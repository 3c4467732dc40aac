"""Options for making and comparing a case."""

from __future__ import annotations

import operator
import pathlib
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import CaseError, described
from gradcheck.program.work import WORK

OnProgress = Callable[[str, Sized], None]
"""Called when a stage begins (a side runs, fixes are tried), with its name and an object whose length is the
number of its steps so far."""


_SEEDS = 2**32
"""NumPy's legacy generator accepts only smaller seeds."""


def seed_of(given: Any) -> int:
    """Return a seed as a plain int, from any integer type; raise a `CaseError` for anything else."""
    seed = _whole("seed", given)
    if not 0 <= seed < _SEEDS:
        raise CaseError(f"seed is {seed}; expected an integer from 0 to {_SEEDS - 1}")
    return seed


def seeds_from(first: int, count: int) -> list[int]:
    """Return `count` consecutive seeds, wrapping around to 0 after the largest."""
    return [(first + number) % _SEEDS for number in range(count)]


def _whole(name: str, given: Any, at_least: int | None = None) -> int:
    try:
        number = operator.index(given)
    except TypeError:
        raise CaseError(f"{name} is {described(given)}; expected an integer") from None
    if at_least is not None and number < at_least:
        raise CaseError(f"{name} is {number}; expected {at_least} or more")
    return number


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to make and compare the case of a factory.

    Parameters
    ----------
    seed
        Seeds all random generators; passed to a factory that has a parameter `seed`.
    settings
        Values for other parameters of the factory.
    trials
        Number of batches to compare: seeds `seed`, `seed` + 1, ...
    batch, save_batch
        A file to read the batch from, or to write it to.
    budget
        Time limit in seconds for trying edits of the candidate if it differs; 0 tries none, None means no limit.
    work
        Maximum number of ops to replay when trying them.
    pictures
        Whether to keep what images of the gradients are drawn from: for a report that may be shown as a page.
    exact
        Whether to compute the float64 gradients of both sides, and their difference, even where those of one side
        decide.
    watch
        For a progress display.
    """

    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    trials: int = 1
    batch: pathlib.Path | None = None
    save_batch: pathlib.Path | None = None
    budget: float | None = None
    work: int = WORK
    pictures: bool = False
    exact: bool = False
    watch: OnProgress | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", seed_of(self.seed))
        object.__setattr__(self, "trials", _whole("trials", self.trials, at_least=1))

    def check(self, cases: int) -> None:
        """Raise a `CaseError` if the options are incompatible with each other, or with this number of cases."""
        if (self.batch or self.save_batch) and (cases > 1 or self.trials > 1):
            raise CaseError(
                "a batch file holds one batch of one case: name the case (FILE.py:name), without --trials"
            )


@dataclass(frozen=True, kw_only=True)
class FuzzOptions:
    """How to search.

    Parameters
    ----------
    examples
        Number of batches to generate; shrinking a counterexample takes some more.
    budget
        Time limit in seconds; None means no limit.
    seed
        Seed of the search, the run and the factory; rows are taken from seeds `seed`, `seed` + 1, ...
    settings
        Values for other parameters of the factory.
    watch
        For a progress display.
    """

    examples: int = 100
    budget: float | None = None
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    watch: OnProgress | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", seed_of(self.seed))
        object.__setattr__(self, "examples", _whole("examples", self.examples, at_least=1))
        if self.budget is not None and not self.budget >= 0:
            raise CaseError(f"budget is {self.budget}; expected a number of seconds, 0 or more")

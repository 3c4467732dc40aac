"""How a case is made and compared."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import CaseError
from gradcheck.work import WORK

Watch = Callable[[str, Sized], None]
"""Called when a stage begins (a side runs, repairs are tried), with its name and something whose length is
the number of its steps so far."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to make and compare the case of a factory.

    Parameters
    ----------
    seed
        Where all random generators start; passed to a factory that has a parameter `seed`.
    settings
        Values for other parameters of the factory.
    trials
        How many batches to compare on: seeds `seed`, `seed` + 1, ...
    batch, save_batch
        A file to take the batch from, or to write it to.
    budget
        Seconds for trying edits of the candidate when it differs; 0 tries none, None sets no limit.
    work
        How many ops to replay at most in trying them.
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
    watch: Watch | None = None

    def check(self, cases: int) -> None:
        """Raise a `CaseError` where the options do not go together with each other, or with so many cases."""
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
        How many batches to make; making a counterexample smaller takes some more.
    budget
        Seconds for the search; None sets no limit.
    seed
        Of the search, of the run, and of the factory; rows are taken from seeds `seed`, `seed` + 1, ...
    settings
        Values for other parameters of the factory.
    watch
        For a progress display.
    """

    examples: int = 100
    budget: float | None = None
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    watch: Watch | None = None

    def __post_init__(self) -> None:
        if self.examples < 1:
            raise CaseError(f"examples is {self.examples}; expected 1 or more")
        if self.budget is not None and not self.budget >= 0:
            raise CaseError(f"budget is {self.budget}; expected a number of seconds, 0 or more")

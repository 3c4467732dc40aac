"""The result of a search for a counterexample, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradcheck import showing
from gradcheck.arrays import Array
from gradcheck.comparison.report import AGREEING, Report
from gradcheck.documents import listed, shape_document
from gradcheck.fuzzing.document import (
    ArrayDocument,
    BatchDocument,
    CounterexampleDocument,
    CrashDocument,
    Ended,
    ErrorsDocument,
    FuzzOutcome,
    FuzzResultDocument,
)
from gradcheck.judgement.verdict import Verdict

_MOST_VALUES = 1000
"""The JSON document omits the values of arrays with more elements."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch that was derived from the case's own.

    Parameters
    ----------
    seed
        The seed of the case's own batch that it was derived from.
    rows
        The rows of that batch, one for each sample; they may repeat.
    changes
        The changes to its values, in words.
    arrays
        The arrays by their paths in the nested batch, such as ``nets/0/weights``.
    """

    seed: int
    rows: tuple[int, ...]
    changes: tuple[str, ...]
    arrays: Mapping[str, Array]

    @property
    def samples(self) -> int:
        """The number of samples, n."""
        return len(self.rows)

    def to_dict(self) -> BatchDocument:
        """Return the batch as in the JSON; values only if there are few."""
        return {
            "samples": self.samples,
            "seed": self.seed,
            "rows": list(self.rows),
            "changes": list(self.changes),
            "arrays": {place: _array_document(array) for place, array in self.arrays.items()},
        }


def _array_document(array: Array) -> ArrayDocument:
    return {
        "dtype": str(array.dtype),
        "shape": shape_document(array.shape),
        "values": listed(array.tolist()) if _can_be_listed(array) else None,
    }


def _can_be_listed(array: Array) -> bool:
    return array.size <= _MOST_VALUES and array.dtype.kind in "biufU"


@dataclass(frozen=True, kw_only=True)
class Counterexample:
    """The smallest batch found on which the formulations differ, and the report on it."""

    batch: Batch
    report: Report

    def to_dict(self) -> CounterexampleDocument:
        """Return it as in the JSON."""
        return {**self.batch.to_dict(), "report": self.report.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Crash:
    """The smallest batch found on which exactly these sides raise.

    `errors` contains for each of them its traceback, trimmed to the user's files, or an error message. If
    `alone`, there is no reference, and the candidate on single samples takes its place.
    """

    batch: Batch
    errors: Mapping[str, str]
    alone: bool = False

    @property
    def one_sided(self) -> bool:
        """Whether the other side does not raise."""
        return len(self.errors) == 1

    def to_dict(self) -> CrashDocument:
        """Return it as in the JSON."""
        errors: ErrorsDocument = {}
        if "reference" in self.errors:
            errors["reference"] = self.errors["reference"]
        if "candidate" in self.errors:
            errors["candidate"] = self.errors["candidate"]
        return {**self.batch.to_dict(), "errors": errors}


@dataclass(frozen=True, kw_only=True)
class FuzzResult:
    """The result of `gradcheck.fuzz`.

    Parameters
    ----------
    name
        The case's name.
    batches
        Number of batches compared.
    verdicts
        Number of batches for each verdict; batches on which a side raises are not counted.
    counterexample
        The smallest batch on which the formulations differ, if any was found.
    crashes
        For each set of sides that raise, the smallest batch on which they do.
    ended
        Whether the search was `done`, ran `out of time` or `out of batches`, or was `interrupted`.
    undecided
        Why the first batch that could not be judged could not; empty if all could.

    Notes
    -----
    No counterexample is not a proof: it means only that none was found among these batches, with these weights.
    """

    name: str
    batches: int
    verdicts: Mapping[Verdict, int]
    counterexample: Counterexample | None
    crashes: tuple[Crash, ...]
    ended: Ended
    undecided: str = ""

    @property
    def outcome(self) -> FuzzOutcome:
        """The outcome of the search, in a word.

        ``counterexample``: a batch was found on which they differ. ``not checked``: on no batch was
        anything compared. ``raises``: none differs, but on some batch one side raises and the other does
        not. ``none``: none of these.
        """
        if self.counterexample is not None:
            return "counterexample"
        if not any(self.verdicts.get(verdict) for verdict in AGREEING):
            return "not checked"
        return "raises" if any(crash.one_sided for crash in self.crashes) else "none"

    @property
    def found(self) -> bool:
        """Whether there is a batch on which the formulations differ."""
        return self.counterexample is not None

    def to_dict(self) -> FuzzResultDocument:
        """Return the result as in the JSON: numbers that are not finite as strings, missing values as None."""
        example = self.counterexample
        return {
            "name": self.name,
            "outcome": self.outcome,
            "batches": self.batches,
            "verdicts": dict(self.verdicts),
            "ended": self.ended,
            "counterexample": None if example is None else example.to_dict(),
            "crashes": [crash.to_dict() for crash in self.crashes],
            "undecided": self.undecided or None,
        }

    def __str__(self) -> str:
        return showing.text(self)


def could_not_fuzz(name: str, reason: str) -> FuzzResult:
    """Return the result on a case that could not be compared at all, because of `reason`."""
    return FuzzResult(
        name=name,
        batches=0,
        verdicts={},
        counterexample=None,
        crashes=(),
        ended="done",
        undecided=reason,
    )


def fuzz_exit_code(results: Sequence[FuzzResult]) -> int:
    """Return 1 where something was found, else 2 where some case could not be checked, else 0."""
    outcomes = {result.outcome for result in results}
    if outcomes & {"counterexample", "raises"}:
        return 1
    return 2 if "not checked" in outcomes or not outcomes else 0

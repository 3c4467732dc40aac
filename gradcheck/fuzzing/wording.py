"""The result of a search for a counterexample, in a sentence."""

from __future__ import annotations

from typing import get_args

from gradcheck.fuzzing.document import Ended
from gradcheck.fuzzing.result import FuzzResult
from gradcheck.judgement.verdict import Verdict

_ENDED: dict[Ended, str] = {
    "done": "",
    "out of time": "; the time limit was reached first (--budget)",
    "out of batches": "; the limit on batches was reached first, so a smaller one may exist",
    "interrupted": "; interrupted before the end",
}


def summary(result: FuzzResult) -> str:
    """Return in a line on how many batches what was found."""
    example = result.counterexample
    counted = _counted(result)
    if example is not None:
        verdict = "differ" if example.report.verdict == "different" else "are equal only in float64"
        who = "the batch and its individual samples" if example.report.alone else "the formulations"
        return (
            f"{who} {verdict} on {samples(example.batch.samples)}, the smallest batch found among "
            f"{result.batches}, those tried to make it smaller included "
            f"({counted}){_ENDED[result.ended]}"
        )
    if result.outcome == "not checked":
        return f"no two gradients were compared in {_batches(result)}: {counted}"
    return f"no counterexample in {_batches(result)}: {counted}{_ENDED[result.ended]}"


def samples(count: int) -> str:
    """Return so many samples in words."""
    return f"{count} sample{'s' * (count != 1)}"


def _counted(result: FuzzResult) -> str:
    verdicts: tuple[Verdict, ...] = get_args(Verdict)
    counts = [
        f"{result.verdicts[verdict]} {verdict}{_MEANING.get(verdict, '')}"
        for verdict in verdicts
        if result.verdicts.get(verdict)
    ]
    raised = result.batches - sum(result.verdicts.values())
    return ", ".join([*counts, f"{raised} on which a formulation raises"] if raised else counts)


_MEANING: dict[Verdict, str] = {"vacuous": " (every gradient zero or None: nothing was compared)"}


def _batches(result: FuzzResult) -> str:
    return f"{result.batches} batch{'es' * (result.batches != 1)}"

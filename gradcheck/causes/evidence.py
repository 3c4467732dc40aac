"""What a cause may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck.judgement.verdict import Verdict
from gradcheck.recording import Breakdown, Randomness, Recording


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Both recordings of a case and what was held of them.

    Parameters
    ----------
    samples
        n, the length of the sample axis.
    randomness
        By side; empty when there was no reason to look.
    same_draws
        Whether both sides drew the same random numbers.
    missing
        The variables that have a gradient in the reference and none in the candidate.
    breakdown
        Where the candidate's numbers break down, when they do.
    alone
        Whether the reference is the candidate itself, on single samples.
    """

    reference: Recording
    candidate: Recording
    samples: int
    verdict: Verdict
    randomness: Mapping[str, Randomness] = field(default_factory=dict)
    same_draws: bool = True
    missing: frozenset[str] = frozenset()
    breakdown: Breakdown | None = None
    alone: bool = False

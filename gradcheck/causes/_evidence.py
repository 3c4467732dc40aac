"""The evidence that a cause may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcheck.judgement.verdict import Verdict
from gradcheck.program.recording import Breakdown, Closing, Draws, Randomness, Recording, SampleCoupling


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Both recordings of a case and what was held of them.

    Parameters
    ----------
    samples
        n, the length of the sample axis.
    randomness
        By side; empty when there was no reason to look.
    draws
        Whether the sides drew random numbers, and if both did, whether these were the same.
    missing
        The variables that have a gradient in the reference and none in the candidate.
    ends
        Where the way is closed to each of those, by path, as far as a replay tells.
    breakdowns
        By side, where its numbers break down, when they do.
    closed, killed
        Where the way is closed to each variable that has no gradient on either side, and to each whose gradient is
        exactly zero in the candidate alone, by path.
    coupling
        How the candidate combines samples, if it was measured: the gradients agree, and operands are broadcast.
    alone
        Whether the reference is the candidate itself, on single samples.
    """

    reference: Recording
    candidate: Recording
    samples: int
    verdict: Verdict
    randomness: Mapping[str, Randomness] = field(default_factory=dict)
    draws: Draws = "none"
    missing: frozenset[str] = frozenset()
    ends: Mapping[str, Closing] = field(default_factory=dict)
    breakdowns: Mapping[str, Breakdown] = field(default_factory=dict)
    closed: Mapping[str, Closing] = field(default_factory=dict)
    killed: Mapping[str, Closing] = field(default_factory=dict)
    coupling: SampleCoupling | None = None
    alone: bool = False


def factor_can_be_told(evidence: Evidence) -> bool:
    """Return whether a factor that makes the gradients agree means something.

    The gradient of one sample, or with respect to one number, often has but one direction: whatever the
    fault is, some factor undoes it.
    """
    reads = evidence.candidate.reads
    sizes = {path: evidence.candidate.tensors[number].size for number, path in reads.items()}
    return evidence.samples > 1 and sum(sizes.values()) > 1

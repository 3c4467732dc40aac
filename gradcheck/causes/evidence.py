"""What a cause may look at."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.judgement.verdict import Verdict
from gradcheck.recording import Recording


@dataclass(frozen=True)
class Evidence:
    """Both recordings of a case and what was held of them. `samples` is n, the length of the sample axis."""

    reference: Recording
    candidate: Recording
    samples: int
    verdict: Verdict

"""The cost limit of a search, counted in work, so that a report does not depend on the load of the machine."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from gradcheck.program.recording import SHARED, Op, Recording

WORK = 100_000
"""The default maximum number of ops to replay in a search for a fix: about ten seconds on one core."""

_NUMBERS_PER_OP = 2**14
"""Numbers read and made that take about as long as running an op does."""

Cut = Literal["work", "time"]
"""What ended a search before everything was tried."""


def replay_cost(recording: Recording) -> int:
    """Return what one replay costs: each op counts once, and once more for each 16,384 numbers it handles."""
    return sum(cost_of(op, recording) for op in recording.ops if op.type != SHARED)


def cost_of(op: Op, recording: Recording) -> int:
    """Return what it costs to replay one op."""
    tensors, numbers = recording.tensors, 0
    for number in op.inputs + op.outputs:
        numbers += tensors[number].size
    return 1 + numbers // _NUMBERS_PER_OP


@dataclass
class Work:
    """How much one search may do, and has done.

    Parameters
    ----------
    limit
        Ops to replay at most; see `replay_cost`.
    seconds
        A limit on the time as well, from now on; None for none.
    whole
        The work that this is a part of: when its time is up, so is the time of this.
    """

    limit: int = WORK
    seconds: float | None = None
    whole: Work | None = None
    spent: int = field(default=0, init=False)
    stopped: Cut | None = field(default=None, init=False)
    """The limit that a search was told of, and so stopped at; None for one that came to its end before it."""

    def __post_init__(self) -> None:
        self._started = time.monotonic()

    def part(self, limit: int) -> Work:
        """Return a limit of its own for a part of this work: of at most as many ops, within the same time."""
        return Work(min(limit, self.limit), whole=self)

    def spend(self, ops: int) -> None:
        """Count `ops` that are replayed."""
        self.spent += ops

    @property
    def cut(self) -> Cut | None:
        """Which limit is reached, if one is: who asks must stop then."""
        if self.spent >= self.limit:
            self.stopped = "work"
        elif self.is_late():
            self.stopped = "time"
        return self.stopped

    def is_late(self) -> bool:
        """Return whether the time is up, of this or of what it is a part of."""
        late = self.seconds is not None and time.monotonic() - self._started >= self.seconds
        if self.whole is not None and self.whole.is_late():
            self.whole.stopped = self.whole.stopped or "time"
            return True
        return late

"""Edits of one recording, tried one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.replay.machine import Replay
from gradcheck.program.recording import Recording
from gradcheck.program.work import Work, replay_cost
from gradcheck.repair.language import Edit
from gradcheck.repair.places import places_of


class Attempts:
    """Tries edits of one recording, and counts what that costs."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], work: Work) -> None:
        self._recording, self._start, self._work = recording, start, work
        self._cost = replay_cost(recording)

    def applies(self, edits: Sequence[Edit]) -> bool:
        """Return whether the recording has all places that the edits are about: another batch may run others."""
        return all(
            any(place.holds(op) for op in self._recording.at_site.get(place.site, ()))
            for place in places_of(edits)
        )

    def __call__(self, edits: Sequence[Edit]) -> Replay | None:
        """Return the loss and its gradients with `edits`, as `edited_replay` does."""
        self._work.spend(self._cost)
        return edited_replay(self._recording, self._start, edits)

"""Edits of one recording, tried one after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.replay.machine import Replay
from gradcheck.program.places import ops_at
from gradcheck.program.recording import Recording
from gradcheck.program.work import Work, replay_cost
from gradcheck.repair.language import Edit
from gradcheck.repair.places import places_of

_KEPT = 2**24
"""Of how many numbers the gradients are at most that are kept: those without an edit, and with the last ones."""

_KEPT_OF_SEVERAL = 2**20
"""Of how many numbers the gradients with several edits are that are kept: what works is asked for once more."""

_MOST_KEPT = 1_000
"""With how many edits at most, however few numbers these are."""


class Attempts:
    """Tries edits of one recording, counts what that costs, and keeps what is asked for again.

    Parameters
    ----------
    plain
        Returns what is known already of the recording without an edit, if anything is.
    """

    def __init__(
        self,
        recording: Recording,
        start: Mapping[str, Any],
        work: Work,
        plain: Callable[[], Replay | None] = lambda: None,
    ) -> None:
        self._recording, self._start, self._work = recording, start, work
        self._cost = replay_cost(recording)
        self._known = plain
        self._kept: dict[tuple[Edit, ...], Replay] = {}
        self._most = _most_kept(sum(int(tf.size(value)) for value in start.values()))

    def applies(self, edits: Sequence[Edit]) -> bool:
        """Return whether the recording has all places that the edits are about: another batch may run others.

        Not where some of their ops are not run, as the other side runs them too.
        """
        found = (ops_at(place, self._recording) for place in places_of(edits))
        return all(run and not left_out for run, left_out in found)

    @functools.cached_property
    def _plain(self) -> Replay | None:
        return self._known() or edited_replay(self._recording, self._start, ())

    def __call__(self, edits: Sequence[Edit]) -> Replay | None:
        """Return the loss and its gradients with `edits`, as `edited_replay` does."""
        self._work.spend(self._cost)
        if not edits:
            return self._plain
        key = tuple(edits)
        found = self._kept.pop(key, None) or edited_replay(self._recording, self._start, edits)
        if found is not None and self._most:
            if len(self._kept) == self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        return found


def _most_kept(size: int) -> int:
    """Return of how many edits the gradients are kept, of so many numbers each: of one, unless that is large."""
    return 0 if size > _KEPT else min(max(1, _KEPT_OF_SEVERAL // max(size, 1)), _MOST_KEPT)

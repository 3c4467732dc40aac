"""Edits of one recording, tried one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.execution.replay.edited import edited_replay
from gradcheck.execution.replay.machine import Replay
from gradcheck.program.recording import Recording
from gradcheck.program.work import Work, replay_cost
from gradcheck.repair.language import AnyEdit, Apart, Edit
from gradcheck.repair.places import places_of

_KEPT = 2**24
"""Of how many numbers the gradients are at most that are kept: those without an edit, and with the last ones."""


class Attempts:
    """Tries edits of one recording, counts what that costs, and keeps what is needed again."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], work: Work) -> None:
        self._recording, self._start, self._work = recording, start, work
        self._cost = replay_cost(recording)
        self._parts: dict[Edit | None, Replay | None] = {}
        self._plain: Replay | None = None
        self._last: tuple[tuple[Edit, ...], Replay] | None = None
        self._keeps = sum(tf.size(value).numpy() for value in start.values()) <= _KEPT

    def applies(self, edits: Sequence[AnyEdit]) -> bool:
        """Return whether the recording has all places that the edits are about: another batch may run others."""
        return all(
            any(place.holds(op) for op in self._recording.at_site.get(place.site, ()))
            for place in places_of(edits)
        )

    def __call__(self, edits: Sequence[AnyEdit]) -> Replay | None:
        """Return the loss and its gradients with `edits`, as `edited_replay` does."""
        together = [edit for edit in edits if isinstance(edit, Edit)]
        apart = [edit for edit in edits if isinstance(edit, Apart)]
        if not apart:
            return self._replayed(together)
        return self._one_by_one(apart[0]) if len(edits) == 1 else None

    def _replayed(self, edits: Sequence[Edit]) -> Replay | None:
        self._work.spend(self._cost)
        if not self._keeps:
            return edited_replay(self._recording, self._start, edits)
        if not edits:
            self._plain = self._plain or edited_replay(self._recording, self._start, ())
            return self._plain
        known = tuple(edits)
        if self._last is None or self._last[0] != known:
            found = edited_replay(self._recording, self._start, edits)
            if found is None:
                return None
            self._last = known, found
        return self._last[1]

    def _one_by_one(self, apart: Apart) -> Replay | None:
        plain, others = (
            self._part(None),
            [replay for replay in map(self._part, apart.edits) if replay is not None],
        )
        if plain is None or len(others) < len(apart.edits):
            return None
        together = zip(plain.gradients, *(other.gradients for other in others), strict=True)
        return Replay(plain.value, [_with_changes(*gradients) for gradients in together])

    def _part(self, edit: Edit | None) -> Replay | None:
        if edit not in self._parts:
            self._parts[edit] = self._replayed(() if edit is None else (edit,))
        return self._parts[edit]


def _with_changes(own: Array | None, *others: Array | None) -> Array | None:
    """Return `own` and all that `others` differ from it; None counts as zero, unless all are None."""
    present = [gradient for gradient in (own, *others) if gradient is not None]
    if not present:
        return None
    base, *changed = (np.zeros_like(present[0]) if one is None else one for one in (own, *others))
    total: Array = base + sum(one - base for one in changed)
    return total

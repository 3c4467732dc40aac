"""Edits of one recording, tried one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.edits import Edit, OnOutput, OtherSide, Skip
from gradcheck.execution.edited import edited_gradients
from gradcheck.judgement.differences import Array
from gradcheck.recording import Recording


class Attempts:
    """Tries edits of one recording, and keeps what is needed again."""

    def __init__(self, recording: Recording, start: Mapping[str, Any]) -> None:
        self._recording, self._start = recording, start
        self._parts: dict[Edit | None, list[Array | None] | None] = {}

    def __call__(self, edits: Sequence[Edit]) -> list[Array | None] | None:
        """Return the gradients with `edits`, as `edited_gradients` does."""
        changes = [edit.change for edit in edits if isinstance(edit.change, OtherSide)]
        if not changes:
            return edited_gradients(self._recording, self._start, edits)
        return self._other_side(changes[0]) if len(edits) == 1 else None

    def _other_side(self, change: OtherSide) -> list[Array | None] | None:
        parts = [*(Edit(stop, Skip()) for stop in change.stops), Edit(change.term, OnOutput("stop_gradient"))]
        plain, others = self._part(None), [gradients for gradients in map(self._part, parts) if gradients]
        if plain is None or len(others) < len(parts):
            return None
        return [_with_changes(*gradients) for gradients in zip(plain, *others, strict=True)]

    def _part(self, edit: Edit | None) -> list[Array | None] | None:
        if edit not in self._parts:
            edits = () if edit is None else (edit,)
            self._parts[edit] = edited_gradients(self._recording, self._start, edits)
        return self._parts[edit]


def _with_changes(own: Array | None, *others: Array | None) -> Array | None:
    """Return `own` and all that `others` differ from it; None counts as zero, unless all are None."""
    present = [gradient for gradient in (own, *others) if gradient is not None]
    if not present:
        return None
    base, *changed = (np.zeros_like(present[0]) if one is None else one for one in (own, *others))
    total: Array = base + sum(one - base for one in changed)
    return total

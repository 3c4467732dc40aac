"""Edits screened by their values: only what follows from one is run again, and nothing is differentiated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array, largest
from gradcheck.execution.replay.edited import EditedMachine
from gradcheck.execution.replay.points import UNABLE
from gradcheck.program.places import Place
from gradcheck.program.recording import Op, Recording
from gradcheck.program.work import Work, cost_of
from gradcheck.repair.language import ConflictError, Edit
from gradcheck.system.aborted_ops import unheard

CLOSE = 1e-6
"""How far a value may be from what it is to be, relative to its size: a constant may be rounded to float32."""


class Screen:
    """Tells which edits give the right numbers.

    Parameters
    ----------
    recording, start
        The candidate's.
    values
        Its tensors in float64, by number.
    wanted
        What some of them are to be; and, by the number of the loss, what that is to be.
    work
        What it may cost.

    Notes
    -----
    What passes may yet have another derivative, or the right numbers by chance: it is to be tried as a whole.
    """

    def __init__(
        self,
        recording: Recording,
        start: Mapping[str, Any],
        values: Mapping[int, Any],
        wanted: Mapping[int, Array],
        work: Work,
    ) -> None:
        self._recording, self._wanted, self._work = recording, wanted, work
        self._machine = _Cone(recording, start, values)
        self._cones: dict[frozenset[Place], tuple[Sequence[Op], Sequence[int]]] = {}

    @unheard
    def passes(self, *edits: Edit) -> bool:
        """Return whether what is wanted comes out with some edits."""
        cone, checked = self._cone(frozenset(edit.place for edit in edits))
        made = self._made(cone, edits)
        return all(number in made and _near(made[number], self._wanted[number]) for number in checked)

    @unheard
    def loss(self, edits: Sequence[Edit]) -> Array | None:
        """Return the loss with some edits, as a vector; None where it cannot be run so."""
        number = self._recording.loss
        made = self._made(self._after(frozenset(edit.place for edit in edits), frozenset()), edits)
        found = made.get(number, None if edits else self._machine.tensor(number))
        return None if found is None else np.ravel(np.asarray(found, np.float64))

    def _made(self, cone: Sequence[Op], edits: Sequence[Edit]) -> Mapping[int, Any]:
        """Return what some ops make with edits, by number; nothing where they cannot be run so."""
        try:
            self._machine.start_again(edits)
            for op in cone:
                self._work.spend(cost_of(op, self._recording))
                self._machine.run(op)
        except (*UNABLE, ConflictError):
            return {}
        return self._machine.made

    def _cone(self, places: frozenset[Place]) -> tuple[Sequence[Op], Sequence[int]]:
        """Return the ops at places and what follows, up to what is known how it is to be, and which this is."""
        if places not in self._cones:
            loss = self._recording.loss
            near = frozenset(self._wanted) - {loss}
            after = self._after(places, frozenset())
            before = self._after(places, near)
            made = {number for op in before for number in op.outputs}
            if near and near <= made and loss not in made - near:
                self._cones[places] = [op for op in before if self._leads_to(op, near)], sorted(near)
            else:
                self._cones[places] = after, [loss]
        return self._cones[places]

    def _after(self, places: frozenset[Place], ends: frozenset[int]) -> list[Op]:
        """Return the ops at some places and what follows from these, but for what follows through `ends` alone."""
        dirty, cone = set[int](), []
        for op in self._recording.ops:
            reached = not dirty.isdisjoint(op.inputs) or any(place.holds(op) for place in places)
            if reached and op.index in self._recording.contributing:
                cone.append(op)
                dirty.update(set(op.outputs) - ends)
        return cone

    def _leads_to(self, op: Op, goals: frozenset[int]) -> bool:
        pending, seen = list(op.outputs), set[int]()
        while pending:
            number = pending.pop()
            if number in goals:
                return True
            new = [one for one in self._recording.consumers.get(number, ()) if one.index not in seen]
            seen.update(one.index for one in new)
            pending += [output for one in new for output in one.outputs]
        return False


class _Cone(EditedMachine):
    """A replay of some ops, of which all others have given what they gave."""

    def __init__(self, recording: Recording, start: Mapping[str, Any], values: Mapping[int, Any]) -> None:
        super().__init__(recording, start)
        self._values = values

    @property
    def made(self) -> Mapping[int, Any]:
        """What was made in this replay, by number."""
        return self._tensors

    def start_again(self, edits: Sequence[Edit]) -> None:
        """Forget what was made, and change other ops."""
        self._tensors, self.changed, self._runs = {}, set(), {}
        self.edit(edits)

    def tensor(self, number: int) -> Any:
        if number not in self._tensors and number in self._values:
            return self._values[number]
        return super().tensor(number)


def _near(made: Any, wanted: Array) -> bool:
    """Return whether a tensor holds the numbers that are wanted, in their order, be it in another shape."""
    array = np.ravel(tf.convert_to_tensor(made).numpy())
    if array.size != wanted.size:
        return False
    return bool(np.allclose(array, np.ravel(wanted), rtol=CLOSE, atol=CLOSE * largest(wanted)))

"""Places: where in the source the ops of a recording came from."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.program.recording import SHARED, Op, Recording
from gradcheck.source import Site


@dataclass(frozen=True, slots=True)
class Place:
    """The ops of one type that one expression called: one op, or one for each time it ran.

    A place means the same in every recording of the same source, so an edit that was found on one batch
    can be tried on another.
    """

    site: Site | None
    type: str

    def holds(self, op: Op) -> bool:
        """Return whether `op` is one of these."""
        return op.type == self.type and op.site == self.site


def place_of(op: Op) -> Place:
    """Return the place that `op` came from."""
    return Place(op.site, op.type)


def ops_at(place: Place, recording: Recording) -> tuple[list[Op], list[Op]]:
    """Return the ops of a place that are run, and those that are left out since both sides run them alike."""
    ops = recording.at_site.get(place.site, ())
    left_out = [op for op in ops if op.attributes.get(SHARED) == place.type]
    return [op for op in ops if place.holds(op)], left_out


LOSS = Place(None, "loss")
"""Where an edit takes the place of the loss: for one that has no op."""

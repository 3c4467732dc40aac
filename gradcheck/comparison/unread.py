"""Entries of the batch that the reference reads, and the candidate does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array, array_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.findings import Finding
from gradcheck.program.queries import is_constant
from gradcheck.program.recording import Recording


def with_unread(found: Sequence[Finding], pair: FormulationPair) -> list[Finding]:
    """Return findings, the first with a note on what the candidate leaves out of the batch.

    Notes
    -----
    What NumPy reads of an entry is not seen: it is said that no operation of TensorFlow's reads it.
    """
    names = unread(pair) if found else []
    if not names:
        return list(found)
    what = " and ".join(f"`{name}`" for name in names)
    note = (
        f"no recorded operation of the candidate reads {what} of the batch, but the reference's do (what NumPy "
        "reads is not recorded)"
    )
    return [replace(found[0], notes=(note, *found[0].notes)), *found[1:]]


def unread(pair: FormulationPair) -> list[str]:
    """Return the entries of the batch that the reference needs, and no operation of the candidate reads."""
    reference = _constants(pair.runs[0].recording, contributing=True)
    candidate = _constants(pair.runs[1].recording, contributing=False)
    entries = {
        name: array_of(entry) for name, entry in pair.prepared.batch.items() if hasattr(entry, "numpy")
    }
    return [
        name
        for name, array in entries.items()
        if array.size > 1 and _is_among(array, reference) and not _is_among(array, candidate)
    ]


def _constants(recording: Recording, *, contributing: bool) -> list[Array]:
    """Return what ops read, or only those that the loss depends on, and none made: where it is several numbers."""
    ops = (op for op in recording.ops if not contributing or op.index in recording.contributing)
    read = {number for op in ops for number in op.inputs}
    some = (number for number in read if recording.tensors[number].size > 1)
    return [recording.array(number) for number in some if is_constant(number, recording)]


def _is_among(array: Array, some: Sequence[Array]) -> bool:
    return any(one.shape == array.shape and np.array_equal(one, array) for one in some)

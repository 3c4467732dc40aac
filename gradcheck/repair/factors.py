"""What a factor may be: a plain number, the size of something, a count, a constant of the programs, a mean."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.program.places import Place, place_of
from gradcheck.program.queries import is_mask, scalar_constant
from gradcheck.program.recording import Recording

SAME = 1e-5
"""How close a factor that was found has to be to a quantity to be taken for it, relative to it."""

PLAIN = (0.0, 1.0, 2.0)
"""Numbers that people forget, or write once too often; one over them too, and with either sign."""


@dataclass(frozen=True)
class Quantity:
    """Something that a factor may be.

    Parameters
    ----------
    key
        The same on every batch, so that it can be looked up there.
    value
        On this batch.
    words
        What it is, for people; "" for a plain number.
    follows_batch
        Whether it is made of the batch: then its value repairs this batch alone.
    missing
        Whether it is a constant that the reference has, and the candidate has not.
    """

    key: Hashable
    value: float
    words: str = ""
    follows_batch: bool = False
    missing: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it is a number that is written down, the same on every batch."""
        return isinstance(self.key, float)


@dataclass(frozen=True)
class Term:
    """A quantity as a factor: with a sign, maybe one over it, and maybe divided by what stood there before."""

    quantity: Quantity
    sign: int
    inverse: bool
    over: float = 1.0

    def factor(self, value: float) -> float:
        """Return the factor where the quantity has this `value`."""
        return self.sign * (1 / value if self.inverse else value) / self.over


def terms(factor: float, quantities: list[Quantity]) -> list[Term]:
    """Return what `factor` may be, the simplest first."""
    if abs(factor) < SAME:
        return [Term(one, 1, inverse=False) for one in quantities if one.value == 0]
    sign = 1 if factor > 0 else -1
    return [
        Term(one, sign, inverse)
        for one in quantities
        for inverse in (False, True)
        if one.value != 0 and _same(abs(factor), 1 / one.value if inverse else one.value)
    ]


def _same(one: float, other: float) -> bool:
    return abs(one - other) < SAME * abs(other)


class Quantities:
    """The quantities of one run of the candidate.

    Parameters
    ----------
    candidate, reference
        Of the reference its constants count as well: a coefficient is the one there.
    sample_counts
        What may be n, the length of the sample axis.
    """

    def __init__(self, candidate: Recording, reference: Recording, sample_counts: Collection[int]) -> None:
        self._candidate, self._sample_counts = candidate, sorted(sample_counts)
        own, others = set(_constants(candidate)), set(_constants(reference))
        self._constants = [
            Quantity(value, value, f"{value:.6g} is a constant", missing=value not in own)
            for value in sorted(own | others)
        ]

    def at(self, place: Place) -> list[Quantity]:
        """Return what a factor at `place` may be, the simplest first."""
        return [
            *(Quantity(value, value) for value in PLAIN),
            *self._counts(place),
            *(Quantity(float(k), k, f"an axis has {k} elements") for k in self._lengths),
            *self._constants,
            *self._kept(),
            *self._means(),
        ]

    def _counts(self, place: Place) -> Iterator[Quantity]:
        for nth, n in enumerate(self._sample_counts):
            yield Quantity(("n", nth), n, f"n, the number of samples, is {n}", follows_batch=True)
            if n > 1:
                words = f"this is n / (n - 1) with n = {n}"
                yield Quantity(("n/(n-1)", nth), n / (n - 1), words, follows_batch=True)
        runs = sum(place.holds(op) for op in self._candidate.ops)
        if runs > 1:
            yield Quantity(("runs", place), runs, f"it runs {runs} times")

    @functools.cached_property
    def _lengths(self) -> list[int]:
        infos = (info for info in self._candidate.tensors.values() if info.floating)
        return sorted({length for info in infos for length in info.shape if length > 1})

    def _kept(self) -> Iterator[Quantity]:
        for read, tensor in _reads(self._candidate):
            if is_mask(tensor, self._candidate):
                mask = self._candidate.array(tensor)
                kept, size = int(mask.sum()), int(mask.size)
                words = f"a mask keeps {kept} of {size} elements"
                yield Quantity(("kept", *read), size / kept, words, follows_batch=True)

    def _means(self) -> Iterator[Quantity]:
        """Yield the mean of each array of numbers per sample that depends on no variable, such as weights.

        Of other arrays there are many, and one may have a mean near the factor by chance.
        """
        for read, tensor in _reads(self._candidate):
            info = self._candidate.tensors[tensor]
            if (
                info.floating
                and {*info.shape[:1]} & {*self._sample_counts}
                and tensor not in self._candidate.trainable
            ):
                mean = float(np.mean(self._candidate.array(tensor), dtype=np.float64))
                words = f"an array of shape {info.shape}, without a gradient, has the mean {mean:.6g}"
                yield Quantity(("mean", *read), mean, words, follows_batch=True)


Read = tuple[Place, int, int]
"""By what a tensor is read first: the place, which input it is, and how many others were read so before."""


def _reads(recording: Recording) -> Iterator[tuple[Read, int]]:
    """Yield each tensor with what reads it first."""
    seen: set[int] = set()
    before: Counter[tuple[Place, int]] = Counter()
    for op in recording.ops:
        for number, tensor in enumerate(op.inputs):
            if tensor not in seen:
                seen.add(tensor)
                yield (place_of(op), number, before[place_of(op), number]), tensor
                before[place_of(op), number] += 1


def _constants(recording: Recording) -> Iterator[float]:
    for op in recording.ops:
        if op.index in recording.contributing:
            for tensor in op.inputs:
                value = scalar_constant(tensor, recording) if recording.tensors[tensor].floating else None
                if value is not None and np.isfinite(value) and value != 0:
                    yield abs(value)

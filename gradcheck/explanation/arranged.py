"""Numbers that lie otherwise than where the reference reads them, and the transposition that puts them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.align import CLOSE, Alignment
from gradcheck.explanation.exchange import Hit
from gradcheck.explanation.substitutes import is_twin
from gradcheck.program.ops import HAND_ON
from gradcheck.program.recording import Op, Shape
from gradcheck.source import Site, call_at, rewritten, span_of


@dataclass(frozen=True)
class Arrangement:
    """How numbers come to lie as others do: what they are reshaped to, and the order of its axes then."""

    shape: Shape
    order: tuple[int, ...]

    @classmethod
    def between(cls, own: Array, wanted: Array) -> Arrangement | None:
        """Return the one that makes some numbers those that are wanted, read row by row; None where none does.

        Nor where numbers occur more than once: nothing says then which of them is meant.
        """
        places = _places(own.ravel(), wanted.ravel())
        digits = None if places is None else _digits(places)
        if digits is None or len(digits) < _FEWEST:
            return None
        slowest_first = sorted(digits, key=lambda digit: -digit[1])
        order = tuple(slowest_first.index(digit) for digit in reversed(digits))
        return cls(tuple(length for length, _ in slowest_first), order)

    def of(self, text: str) -> Iterator[str]:
        """Yield it of an array, with each axis in turn as that whose length may be another one: the samples'."""
        for axis in range(len(self.shape)):
            shape = [-1 if one == axis else length for one, length in enumerate(self.shape)]
            yield f"tf.transpose(tf.reshape({text}, {shape}), {list(self.order)})"


_FEWEST = 2


def _places(own: Array, wanted: Array) -> Array | None:
    """Return where in some numbers each that is wanted is; None unless they are the same, and each another one."""
    if own.size != wanted.size or own.size < 2 * _FEWEST or not np.isfinite(own).all():
        return None
    here, there = np.argsort(own, kind="stable"), np.argsort(wanted, kind="stable")
    if not np.allclose(own[here], wanted[there], rtol=CLOSE, atol=0):
        return None
    if (np.diff(own[here]) <= _APART * CLOSE * np.abs(own[here][1:])).any():
        return None
    places = np.empty(own.size, int)
    places[there] = here
    return places


_APART = 4
"""How many times as far numbers are from each other as the same ones may be."""


def _digits(places: Array) -> list[tuple[int, int]] | None:
    """Return the axes along which one goes through numbers, the fastest first: their lengths and strides.

    None where these do not make up a whole array.
    """
    digits, done = list[tuple[int, int]](), 1
    while done < places.size:
        rows = places[: places.size - places.size % done].reshape(-1, done)
        stride = int(rows[1, 0] - rows[0, 0])
        regular = (rows == rows[0] + stride * np.arange(len(rows))[:, None]).all(axis=1)
        length = len(rows) if regular.all() else int(np.argmin(regular))
        if stride <= 0 or length == 1 or places.size % (done * length):
            return None
        digits.append((length, stride))
        done *= length
    inner = 1
    for length, stride in sorted(digits, key=lambda digit: digit[1]):
        if stride != inner:
            return None
        inner *= length
    return digits


def read_otherwise(hit: Hit, alignment: Alignment) -> Op | None:
    """Return what last hands on, row by row, what is right and is replaced by the same numbers elsewhere.

    None where nothing does, or what is replaced only hands numbers on itself.
    """
    own = hit.candidate
    if own.op.type in HAND_ON or len(own.numbers) > 1 or not is_twin(own, hit.reference):
        return None
    recording, here = alignment.candidate.recording, alignment.candidate.here
    found, number = None, own.numbers[0]
    while True:
        readers = [one for one in recording.consumers.get(number, ()) if one.index in recording.contributing]
        if len(readers) != 1 or readers[0].type not in HAND_ON or readers[0].outputs[0] not in here:
            return found
        if not np.array_equal(here[readers[0].outputs[0]].ravel(), here[number].ravel()):
            return found
        found, number = readers[0], readers[0].outputs[0]


def arranged(hit: Hit, reader: Op) -> Iterator[tuple[Site, str]]:
    """Yield what to write for what a reshape hands on, so that numbers lie where the reference reads them."""
    source, call = hit.splice.source, None if reader.site is None else call_at(reader.site)
    plain = source.factor == 1 and not (source.total or source.backwards or source.axis or source.keeps)
    if call is None or reader.site is None or not plain or not call.positional:
        return
    found = Arrangement.between(hit.candidate.value, hit.reference.value)
    for text in () if found is None else found.of(call.positional[0].text):
        yield reader.site, rewritten(span_of(reader.site), [(call.positional[0], text)])

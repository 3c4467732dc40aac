"""Which arrays of a batch have the samples along their leading axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import CaseError, described
from gradcheck.targets.batches import leaves

HOW_TO_NAME = 'name the inputs that have the samples along their leading axis: Case(samples=["x", "y"])'


class NoSampleAxisError(CaseError):
    """The batch has no sample axis, or does not tell which of several lengths is the number of samples."""


@dataclass(frozen=True)
class SampleAxis:
    """The sample axis of a batch.

    Parameters
    ----------
    length
        n, the number of samples.
    places
        The arrays that have the samples along their leading axis, by their places in the nest, such as
        ``nets/0/weights``. All others belong to the batch as a whole.
    """

    length: int
    places: frozenset[str]

    def names(self, batch: Mapping[str, Any]) -> tuple[str, ...] | None:
        """Return the inputs of `batch` that have it, as `Case.samples` names them.

        None where an input has arrays with and without: then it cannot be named.
        """
        found = {
            name: {place in self.places for place in leading_lengths({name: batch[name]})} for name in batch
        }
        if any(len(kinds) > 1 for kinds in found.values()):
            return None
        return tuple(name for name, kinds in found.items() if True in kinds)


def sample_axis(batch: Mapping[str, Any], named: str | Sequence[str] | None = None) -> SampleAxis:
    """Return the sample axis of `batch`: that of the inputs `named`, or else the most common leading length.

    Parameters
    ----------
    batch
        Names to arrays, tensors, or nests of them.
    named
        The inputs that have it, as `Case.samples`. A scalar among them has none.

    Raises
    ------
    NoSampleAxisError
        No array has an axis, or two leading lengths are equally common and none is named.
    CaseError
        What is named is not in the batch, has no axis, or has several lengths; or there are 0 samples.

    Notes
    -----
    That an array is as long as the others does not establish that it holds samples: only naming does.
    """
    found = _of_named(batch, named) if named is not None else _most_common(leading_lengths(batch))
    if found.length == 0:
        raise CaseError("the batch is empty: it has 0 samples")
    return found


def named_samples(batch: Mapping[str, Any], named: str | Sequence[str] | None) -> str | Sequence[str] | None:
    """Return which inputs of `batch` have samples, for another batch of theirs; None where that is not known.

    Another array may happen to have the same length.
    """
    if named is not None:
        return named
    try:
        return sample_axis(batch).names(batch)
    except NoSampleAxisError:
        return None


def leading_lengths(batch: Mapping[str, Any]) -> dict[str, int]:
    """Return the leading length of every array that has an axis, by place."""
    shapes = {place: tuple(getattr(leaf, "shape", None) or np.shape(leaf)) for place, leaf in leaves(batch)}
    return {place: int(shape[0]) for place, shape in shapes.items() if shape}


def _most_common(lengths: Mapping[str, int]) -> SampleAxis:
    if not lengths:
        raise NoSampleAxisError("the batch has no array with a sample axis")
    (length, count), *others = Counter(lengths.values()).most_common()
    if others and others[0][1] == count:
        raise NoSampleAxisError(
            f"it is not clear which leading axis is the sample axis: {_listed(lengths)}; {HOW_TO_NAME}"
        )
    return SampleAxis(length, frozenset(place for place, own in lengths.items() if own == length))


def _of_named(batch: Mapping[str, Any], named: str | Sequence[str]) -> SampleAxis:
    names = [named] if isinstance(named, str) else list(named) if isinstance(named, Iterable) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise CaseError(f"samples is {described(named)}; expected names of inputs, such as ['x', 'y']")
    missing = [name for name in names if name not in batch]
    if missing:
        raise CaseError(f"samples names `{missing[0]}`, but the batch has {', '.join(map(repr, batch))}")
    lengths = leading_lengths({name: batch[name] for name in names})
    if not lengths:
        raise CaseError(f"samples names {_names(names)}, but a scalar has no sample axis")
    if len(set(lengths.values())) > 1:
        raise CaseError(
            f"the inputs that samples names have different leading lengths: {_listed(lengths)}; expected one"
        )
    return SampleAxis(next(iter(lengths.values())), frozenset(lengths))


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _listed(lengths: Mapping[str, int]) -> str:
    return ", ".join(f"`{place}` has {length}" for place, length in lengths.items())

"""What the losses of two scripts read that no op of theirs made: whether that is the same on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.program.run import Run
from gradcheck.source import Site


@dataclass(frozen=True)
class Input:
    """What an expression reads from outside the recording, in all its runs.

    Parameters
    ----------
    op
        The first op that reads it.
    shapes
        The shape that it has in each run.
    numbers
        All its numbers, in order.
    """

    op: Op
    shapes: tuple[Shape, ...]
    numbers: Array


Key = tuple[Site | None, str, int]


def inputs_of(recording: Recording) -> dict[Key, Input]:
    """Return what goes into the loss and neither an op made nor a variable holds, by the place that reads it."""
    found: dict[Key, list[tuple[Op, int]]] = {}
    for op in recording.ops:
        if op.index not in recording.contributing:
            continue
        for position, number in enumerate(op.inputs):
            outside = recording.producer(number) is None and number not in recording.reads
            if outside and _is_numeric(recording, number):
                found.setdefault((op.site, op.type, position), []).append((op, number))
    return {
        key: Input(
            each[0][0],
            tuple(recording.tensors[number].shape for _, number in each),
            np.concatenate([np.ravel(_numbers(recording, number)) for _, number in each]),
        )
        for key, each in found.items()
    }


def number_of_samples(runs: Sequence[Run]) -> int | None:
    """Return the number of samples that both sides seem to have: the length that most of the data has.

    In a loop that is how often an expression ran.
    """
    sizes: Counter[int] = Counter()
    for run in runs:
        for each in inputs_of(run.recording).values():
            if not _is_telling(each.numbers):
                continue
            for shape in each.shapes:
                sizes[shape[0] if shape else 1] += int(np.prod(shape))
            sizes[len(each.shapes)] += each.numbers.size
    sizes = Counter({length: size for length, size in sizes.items() if length > 1})
    return sizes.most_common(1)[0][0] if sizes else None


@dataclass(frozen=True)
class Unlike:
    """Inputs that are not the same on both sides.

    Parameters
    ----------
    said
        Which, for a report.
    certain
        Whether they are data, and each side has some of its own: what follows cannot be compared.
    """

    said: str
    certain: bool


def unlike_inputs(first: tuple[Run, Run], later: tuple[Run, Run] | None) -> Unlike | None:
    """Return how the inputs of two sides differ; None where all numbers of one occur on the other.

    Order and arrangement are left open, and a side may compute what the other one is given.

    Parameters
    ----------
    first
        The reference's run, and the candidate's.
    later
        What was recorded there later: data has other numbers then, and constants the same.

    Notes
    -----
    Inputs that are few whole numbers, such as actions and rewards of 0 and 1, are not looked at: they occur
    everywhere. Nor is it seen which row goes with which.
    """
    reference, candidate = first
    lacking = [
        _lacking(candidate, _pool(reference.recording), None if later is None else later[1]),
        _lacking(reference, _pool(candidate.recording), None if later is None else later[0]),
    ]
    said = [
        f"of the {total} numbers that {_named(each)} reads, {missing} occur nowhere in the {other}"
        for found, other in zip(lacking, ("reference", "candidate"), strict=True)
        for each, missing, total, _ in found[:_SHOWN]
    ]
    if not said:
        return None
    return Unlike("; ".join(said), all(any(is_data for *_, is_data in found) for found in lacking))


def same_inputs(one: Run, other: Run) -> bool:
    """Return whether two runs of one side had the same data: nothing is learnt from the second."""
    ones, others = inputs_of(one.recording), inputs_of(other.recording)
    return all(
        key in others and np.array_equal(each.numbers, others[key].numbers, equal_nan=True)
        for key, each in ones.items()
    )


_SHOWN = 2
"""How many inputs of a side a report names."""


def _lacking(run: Run, pool: Array, later: Run | None) -> list[tuple[Input, int, int, bool]]:
    """Return the inputs with numbers that are not in `pool`: how many, of how many, and whether it is data."""
    after: Mapping[Key, Input] = {} if later is None else inputs_of(later.recording)
    found: list[tuple[Input, int, int, bool]] = []
    for key, each in inputs_of(run.recording).items():
        if not _is_telling(each.numbers):
            continue
        numbers = _distinct(each.numbers)
        missing = int((~_occurs(numbers, pool)).sum())
        if missing > _CHANCE * numbers.size:
            again = after.get(key)
            changes = again is not None and not np.array_equal(each.numbers, again.numbers)
            if not any(np.array_equal(each.numbers, known.numbers) for known, *_ in found):
                found.append((each, missing, numbers.size, changes))
    return found


_CHANCE = 0.01
"""The share of numbers that may be missing: rounding moves one now and then."""


def _occurs(numbers: Array, pool: Array) -> Array:
    if not pool.size:
        return np.zeros(numbers.shape, bool)
    after = np.searchsorted(pool, numbers).clip(0, pool.size - 1)
    before = (after - 1).clip(0)
    nearest = np.minimum(np.abs(pool[after] - numbers), np.abs(pool[before] - numbers))
    occurs: Array = nearest <= _SAME * np.abs(numbers)
    return occurs


_SAME = 1e-5
"""The relative difference up to which numbers are the same."""


def _pool(recording: Recording) -> Array:
    """Return every number that occurs in a recording, sorted."""
    return _distinct(np.concatenate([np.zeros(0), *_all_numbers(recording)]))


def _all_numbers(recording: Recording) -> Iterator[Array]:
    for number in recording.values:
        if _is_numeric(recording, number):
            yield np.ravel(_numbers(recording, number))


def _distinct(numbers: Array) -> Array:
    distinct: Array = np.unique(numbers[np.isfinite(numbers)])
    return distinct


def _is_telling(numbers: Array) -> bool:
    """Return whether numbers are such as do not occur by chance elsewhere."""
    distinct = _distinct(numbers)
    fractions = int((distinct != np.rint(distinct)).sum())
    return fractions >= _FRACTIONS or distinct.size >= _MANY


_FRACTIONS, _MANY = 4, 16
"""How many distinct fractions, or numbers of any kind, are no constants of a formula."""


def _is_numeric(recording: Recording, number: int) -> bool:
    info = recording.tensors[number]
    return (
        info.size > 0
        and (info.floating or info.dtype.startswith(("int", "uint")))
        and "complex" not in info.dtype
    )


def _numbers(recording: Recording, number: int) -> Array:
    return recording.array(number).astype(np.float64)


def _named(found: Input) -> str:
    span = found.op.span
    shape = found.shapes[0]
    times = f", {len(found.shapes)} times" if len(found.shapes) > 1 else ""
    where = "an expression" if span is None else f"`{_one_line(span.text)}` ({span.file}:{span.line})"
    return f"{where} of shape {shape}{times}"


def _one_line(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= _WIDTH else f"{joined[:_WIDTH]}…"


_WIDTH = 60

"""The quantities of a program, whole and in parts."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradcheck.arrays import Array
from gradcheck.explanation.group import ALL, Group, Key
from gradcheck.program.queries import is_constant
from gradcheck.program.recording import Op, Recording, Shape
from gradcheck.source import Site

_FEW_RUNS = 4
"""Up to how many runs of an expression each is a quantity of its own, too: parts of a batch, or networks."""

_LANES = (2, 3, 4)
"""How many results of one expression a run of what calls it may have."""


def _is_added_up(key: Key) -> bool:
    """Return whether it is what something else reads of an expression's runs, and not its next run."""
    return key.reader is not None and key.reader[0] != key.site


_Place = tuple[Site | None, tuple[Site, ...], str, int]
"""The first four of a key: in a loop, one is made for each op."""


class Groups:
    """The quantities of one recording that are floating-point numbers and that its loss depends on.

    Parameters
    ----------
    recording
        The program.
    here, there
        The values of its tensors by number, at both points.
    unread
        Whether what does not lead to the loss counts too: NumPy may have read it, and given it a constant.
    """

    def __init__(
        self,
        recording: Recording,
        here: Mapping[int, Array],
        there: Mapping[int, Array],
        *,
        unread: bool = False,
    ) -> None:
        self.recording = recording
        self.here, self.there = here, there
        self._unread = unread

    @functools.cached_property
    def whole(self) -> tuple[Group, ...]:
        """What each expression gave in all its runs together, in the order of the first."""
        return tuple(self._group(key, tuple(ops)) for key, ops in self._runs.items())

    @functools.cached_property
    def parts(self) -> tuple[Group, ...]:
        """Single runs, where they are few or all the same; those that one expression reads; every second, ..."""
        return tuple(part for key, ops in self._runs.items() for part in self._parts(key, tuple(ops)))

    @functools.cached_property
    def given(self) -> tuple[Group, ...]:
        """What each expression reads in all its runs that no op made: constants, the batch."""
        return tuple(self._group(key, tuple(ops)) for key, ops in self._reads.items())

    @functools.cached_property
    def ragged(self) -> tuple[Group, ...]:
        """What expressions gave in runs of several lengths, one after the other: samples without padding."""
        found: dict[Key, list[Op]] = {}
        for key, ops in self._runs.items():
            if key.site is not None:
                found.setdefault(replace(key, variant=ALL), []).extend(ops)
        groups = (self._group(key, tuple(sorted(ops, key=lambda op: op.index))) for key, ops in found.items())
        return tuple(group for group in groups if group.differs_in_length)

    @functools.cached_property
    def called(self) -> tuple[Group, ...]:
        """What each expression of a function gave in all calls of that, where it is called at several places."""
        return tuple(self._group(key, tuple(ops)) for key, ops in self._calls.items())

    @property
    def all(self) -> Iterator[Group]:
        """Whole quantities, parts of them, what is given, runs of several lengths, and of several calls."""
        yield from self.whole
        yield from self.parts
        yield from self.given
        yield from self.ragged
        yield from self.called

    @functools.cached_property
    def places(self) -> tuple[Group, ...]:
        """What may be replaced: whole quantities, single runs where they are few, and what loops add up; in order.

        What is given comes before what is made of it; it is replaced only if each run has its own.
        """
        single = (part for part in self.parts if part.key.nth is not None or _is_added_up(part.key))
        given = (one for one in self.given if len(one.numbers) == len(one.ops))
        called = (one for one in self.called if not one.key.once)
        every = [*given, *self.whole, *single, *called]
        in_order = sorted(every, key=lambda one: (one.op.index, not one.key.given))
        return tuple(in_order)

    def find(self, key: Key) -> Group | None:
        """Return the quantity of that key; None where this recording has none."""
        if key.variant == ALL:
            return next((group for group in self.ragged if group.key == key), None)
        known = self._reads if key.given else self._calls if key.everywhere else self._runs
        ops = known.get(replace(key, nth=None, lane=(1, 0), reader=None), [])
        if key.reader is not None:
            ops = [op for op in ops if key.reader in self._readers(op, key.slot)]
        step, start = key.lane
        if key.nth is not None:
            ops = ops[key.nth : key.nth + 1]
        elif len(ops) % step:
            return None
        ops = ops[start::step]
        return self._group(key, tuple(ops)) if ops else None

    @functools.cached_property
    def of(self) -> Mapping[int, Group]:
        """The whole quantity that each tensor belongs to, by number."""
        return {number: group for group in self.whole for number in group.numbers}

    def gives(self, ops: Sequence[Op]) -> Group:
        """Return what some runs of one expression give together."""
        whole = self.of[ops[0].outputs[0]]
        if set(whole.ops) == set(ops):
            return whole
        if len(ops) == 1:
            return self.run_of(ops[0].outputs[0]) or whole
        return self._group(replace(whole.key, callers=(), variant=0, everywhere=True), tuple(ops))

    def run_of(self, number: int) -> Group | None:
        """Return what an expression gave in the one run that gave a tensor, where it was run several times."""
        whole = self.of.get(number)
        if whole is None or len(whole.numbers) != len(whole.ops) or len(whole.ops) == 1:
            return None
        return self.find(replace(whole.key, nth=whole.numbers.index(number)))

    def before(self, group: Group) -> frozenset[Key]:
        """Return which quantities one is made from."""
        found, seen, pending = set[Key](), set[int](), list(group.numbers)
        while pending:
            op = self.recording.producer(pending.pop())
            if op is None or op.index in seen:
                continue
            seen.add(op.index)
            found.update(self.of[number].key for number in op.inputs if number in self.of)
            found.update(self._given_to.get(op.index, ()))
            pending.extend(op.inputs)
        return frozenset(found - {group.key})

    def after(self, group: Group) -> frozenset[int]:
        """Return the tensors that are made from a quantity and contribute to the loss, by number."""
        found, pending = set[int](), list(group.numbers)
        while pending:
            for reader in self.recording.consumers.get(pending.pop(), ()):
                new = set(reader.outputs) - found if reader.index in self.recording.contributing else set()
                found |= new
                pending.extend(new)
        return frozenset(found)

    @functools.cached_property
    def _given_to(self) -> Mapping[int, list[Key]]:
        found: dict[int, list[Key]] = {}
        for group in self.given:
            for op in group.ops:
                found.setdefault(op.index, []).append(group.key)
        return found

    @functools.cached_property
    def _reads(self) -> dict[Key, list[Op]]:
        """The ops of each expression that read, in one slot, floating-point numbers that no op made."""
        found: dict[_Place, tuple[Shape, list[Op]]] = {}
        for op in self.recording.ops:
            if op.index not in self.recording.contributing:
                continue
            for slot, number in enumerate(op.inputs):
                if self._counts(number) and is_constant(number, self.recording):
                    own = self.recording.tensors[number].shape
                    shape, ops = found.setdefault((op.site, op.callers, op.type, slot), (own, []))
                    if shape == own:
                        ops.append(op)
        return {Key(*place, given=True): ops for place, (_, ops) in found.items()}

    def _counts(self, number: int) -> bool:
        info = self.recording.tensors[number]
        return info.dtype.startswith(("float", "bfloat")) and info.size > 0 and number in self.here

    @functools.cached_property
    def _runs(self) -> dict[Key, list[Op]]:
        """The ops of each expression whose results have one shape."""
        places: dict[_Place, list[tuple[Shape, list[Op]]]] = {}
        found: dict[Key, list[Op]] = {}
        for op in self.recording.ops:
            if not self._unread and op.index not in self.recording.contributing:
                continue
            for slot, number in enumerate(op.outputs):
                if self._counts(number):
                    place, own = (op.site, op.callers, op.type, slot), self.recording.tensors[number].shape
                    variants = places.setdefault(place, [])
                    alike = variants if op.site is not None else []
                    ops = next((ops for shape, ops in alike if shape == own), None)
                    if ops is None:
                        ops = found[Key(*place, variant=len(variants))] = []
                        variants.append((own, ops))
                    ops.append(op)
        return found

    @functools.cached_property
    def _calls(self) -> dict[Key, list[Op]]:
        """The ops of each expression of a function, in their order, wherever that is called."""
        found: dict[tuple[Key, Shape], list[list[Op]]] = {}
        for key, ops in self._runs.items():
            if key.site is not None and key.callers:
                shape = self.recording.tensors[ops[0].outputs[key.slot]].shape
                alike = replace(key, callers=(), variant=0, everywhere=True)
                found.setdefault((alike, shape), []).append(ops)
        several = {key: calls for (key, _), calls in found.items() if len(calls) > 1}
        in_order = operator.attrgetter("index")
        every = {key: sorted(itertools.chain(*calls), key=in_order) for key, calls in several.items()}
        return {**every, **{replace(key, once=True): self._once(key, ops) for key, ops in every.items()}}

    def _once(self, key: Key, ops: Sequence[Op]) -> list[Op]:
        """Return the ops of calls without those that give the same numbers as one before."""
        first: dict[bytes, Op] = {}
        for op in ops:
            first.setdefault(self._group(key, (op,)).fingerprint, op)
        return list(first.values())

    def _parts(self, key: Key, ops: tuple[Op, ...]) -> Iterable[Group]:
        alone = ops if len(ops) <= _FEW_RUNS else ops[: self._is_same_in_all(key, ops)]
        for place, op in enumerate(alone if len(ops) > 1 else ()):
            yield self._group(replace(key, nth=place), (op,))
        yield from self._by_reader(key, ops)
        for step in _LANES:
            if len(ops) % step == 0 and len(ops) > step:
                for start in range(step):
                    yield self._group(replace(key, lane=(step, start)), ops[start::step])

    def _is_same_in_all(self, key: Key, ops: tuple[Op, ...]) -> bool:
        numbers = [op.outputs[key.slot] for op in ops]
        return all(
            np.array_equal(values[number], values[numbers[0]])
            for values in (self.here, self.there)
            for number in numbers
        )

    def _by_reader(self, key: Key, ops: tuple[Op, ...]) -> Iterable[Group]:
        """Yield the runs that are read by one expression, where others are read by another."""
        found: dict[tuple[Site | None, str], list[Op]] = {}
        for op in ops if len(ops) > 1 else ():
            for reader in self._readers(op, key.slot):
                found.setdefault(reader, []).append(op)
        for reader, some in found.items():
            if len(some) < len(ops):
                yield self._group(replace(key, reader=reader), tuple(some))

    def _readers(self, op: Op, slot: int) -> set[tuple[Site | None, str]]:
        readers = self.recording.consumers.get(op.outputs[slot], ())
        return {(one.site, one.type) for one in readers if one.index in self.recording.contributing}

    def _group(self, key: Key, ops: tuple[Op, ...]) -> Group:
        return Group(key, ops, self.here, self.there)

"""What two runs do after all that they share, as runs of their own.

Formulations that are compared with each other mostly call one model, and part behind it. What both compute in the
same way, op by op, from the same variables and data, is the same, and so is its derivative. So what is asked of
their difference may be asked of the rest alone: what both share last stands in for the variables.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from gradcheck.arrays import Tensor
from gradcheck.execution.replay.identities import Identities
from gradcheck.program.places import place_of
from gradcheck.program.recording import SHARED, Op, Recording
from gradcheck.program.run import Run
from gradcheck.program.work import replay_cost

_LEAST = 100
"""What a replay costs at least for this to be worth while: one of fewer ops takes about ten milliseconds."""

_WORTH = 0.5
"""The share of that which what is left costs at most."""

Runs = tuple[Run, Run]


def tails_of(runs: Runs, idle: Collection[str] = ()) -> Runs:
    """Return what two runs do after what they share; they themselves where that saves little, or tells too little.

    Parameters
    ----------
    idle
        The variables that have no gradient on either side: what is made from them alone need not agree.

    Returns
    -------
    Runs in which tensors and ops keep their numbers. What is shared is not run, but for its last ops: what these
    read are the variables, with the values that the candidate had. Their gradients are not computed.

    Notes
    -----
    Where the gradients for these agree, so do those for the variables, which follow from them by the same ops. The
    converse holds for all but certain where they are fewer numbers than the variables that they are made from, and
    none is made from another, as is seen to here: it is not proved.
    """
    recordings = [run.recording for run in runs]
    costs = list(map(replay_cost, recordings))
    at_best = sum(costs) - 2 * min(costs)  # as if all that the shorter one runs were shared
    too_little = max(costs) < _LEAST or at_best > _WORTH * sum(costs)
    if too_little or any(map(_assigns_what_it_reads, recordings)):
        return runs
    common = _Common(recordings)
    passed = common.variables
    leaves = common.leaves
    numbers = sum(runs[1].recording.tensors[number].size for number in leaves.values())
    behind = sum(math.prod(runs[1].start[path].shape) for path in passed)
    if not leaves or not passed.isdisjoint(idle) or numbers > behind:
        return runs
    tails = _started(runs, [common.tail(side) for side in (0, 1)], leaves)
    left = sum(replay_cost(run.recording) for run in tails)
    return tails if left <= _WORTH * sum(costs) else runs


def _assigns_what_it_reads(recording: Recording) -> bool:
    """Return whether a variable of the case may change on the way: then what reads it need not be the same."""
    handles = {op.inputs[0] for op in recording.ops if op.outputs and op.outputs[0] in recording.reads}
    return any(not op.outputs and not handles.isdisjoint(op.inputs) for op in recording.ops)


class _Common:
    """What two recordings have in common up to where they part, by identity.

    Parameters
    ----------
    recordings
        Of both sides.

    Notes
    -----
    Of what moves with a variable, the `ends` are what anything else reads. None of them is made from another; and
    no place in the source has ops among it and among the rest, but for those of the ends: an edit is about all ops
    of a place.
    """

    def __init__(self, recordings: list[Recording]) -> None:
        self._recordings = recordings
        identities = Identities()
        self._of = [identities.of(recording) for recording in recordings]
        self._ops = [
            [(op, of[op.outputs[0]]) for op in one.ops if op.index in one.contributing and op.outputs]
            for one, of in zip(recordings, self._of, strict=True)
        ]
        one, other = ({identity for _, identity in ops} for ops in self._ops)
        self._shared = one & other
        self._settle()
        while apart := self._made_from_ends() | self._elsewhere():
            self._shared -= apart
            self._settle()

    def _settle(self) -> None:
        """Find the ends, after what is made from what is not shared was left out of what is."""
        self._moving = set[int]()
        for ops, recording in zip(self._ops, self._recordings, strict=True):
            apart = set[int]()
            for op, identity in ops:
                moving = not recording.trainable.isdisjoint(op.outputs)
                if moving and not apart.isdisjoint(op.inputs):
                    self._shared.discard(identity)
                if moving and identity in self._shared:
                    self._moving.add(identity)
                elif moving:
                    apart.update(op.outputs)
        self._moving &= self._shared
        self.ends = self._ends()

    def _ends(self) -> set[int]:
        """Return what moves, is shared, and is read by what is not, or is a loss, on either side."""
        found = set[int]()
        for ops, of, recording in zip(self._ops, self._of, self._recordings, strict=True):
            read = {n for op, identity in ops if identity not in self._shared for n in op.inputs}
            found |= {of[number] for number in (*read, recording.loss) if recording.producer(number)}
        return found & self._moving

    def _made_from_ends(self) -> set[int]:
        """Return what is made from one end and leads to another."""
        found = set[int]()
        for ops in self._ops:
            after, late = set[int](), list[tuple[Op, int]]()
            for op, identity in ops:
                is_late = identity in self._moving and not after.isdisjoint(op.inputs)
                if is_late:
                    late.append((op, identity))
                if is_late or identity in self.ends:
                    after.update(op.outputs)
            wanted = set[int]()
            for op, identity in reversed(late):
                if identity in self.ends or not wanted.isdisjoint(op.outputs):
                    wanted.update(op.inputs)
                    found.add(identity)
        return found

    def _elsewhere(self) -> set[int]:
        """Return what is shared at a place that also runs what is not."""
        found = set[int]()
        for ops in self._ops:
            own = {place_of(op) for op, identity in ops if op.site and identity not in self._shared}
            found |= {identity for op, identity in ops if place_of(op) in own}
        return found & self._moving

    @property
    def _before(self) -> set[int]:
        """What is shared and need not be run: not what reads a variable, which takes no time."""
        reads = {of[n] for of, one in zip(self._of, self._recordings, strict=True) for n in one.reads}
        return self._moving - self.ends - reads

    @property
    def leaves(self) -> dict[int, int]:
        """What the ends read of it: by identity, its number in the candidate."""
        return {self._of[1][number]: number for number in self._leaves(1)}

    def _leaves(self, side: int) -> set[int]:
        before, of = self._before, self._of[side]
        read = {n for op, identity in self._ops[side] if identity in self.ends for n in op.inputs}
        return {number for number in read if of[number] in before}

    @property
    def variables(self) -> set[str]:
        """The variables that the leaves are made from."""
        recording, pending = self._recordings[1], list(self._leaves(1))
        found, seen = set[str](), set[int]()
        while pending:
            number = pending.pop()
            if number in recording.reads:
                found.add(recording.reads[number])
            maker = recording.producer(number)
            if maker is not None and maker.index not in seen and number in recording.trainable:
                seen.add(maker.index)
                pending.extend(maker.inputs)
        return found

    def tail(self, side: int) -> Recording:
        """Return one recording without what need not be run, and with the leaves as variables."""
        recording, of, before = self._recordings[side], self._of[side], self._before
        leaves = {number: _path(of[number]) for number in self._leaves(side)}
        left = tuple(
            _emptied(op) if not op.outputs or of[op.outputs[0]] in before else op for op in recording.ops
        )
        known = set(self._of[1 - side].values())
        shorter = replace(recording, ops=left, reads={**recording.reads, **leaves})
        needed = shorter.contributing
        left = tuple(
            op if op.index in needed or not op.outputs or of[op.outputs[0]] not in known else _emptied(op)
            for op in left
        )
        read = {number for op in left for number in (*op.inputs, *op.outputs)}
        reads = {number: path for number, path in shorter.reads.items() if number in read}
        return replace(recording, ops=left, reads=reads)


def _emptied(op: Op) -> Op:
    return replace(op, type=SHARED, inputs=(), outputs=(), attributes={SHARED: op.type})


def _path(identity: int) -> str:
    return f"what both sides compute ({identity})"


def _started(runs: Runs, tails: list[Recording], leaves: Mapping[int, int]) -> Runs:
    read = {path for tail in tails for path in tail.reads.values()}
    values: dict[str, Tensor] = {
        _path(identity): runs[1].recording.values[leaves[identity]] for identity in sorted(leaves)
    }
    one, other = (
        replace(
            run,
            recording=tail,
            start={**{path: value for path, value in run.start.items() if path in read}, **values},
            gradients=[],
        )
        for run, tail in zip(runs, tails, strict=True)
    )
    return one, other

"""The shortest change of the candidate's source that repairs it, among the statements behind a place.

What somebody altered is where the shortest change makes it right again: an expression, or what makes a value that
it reads, in Python or NumPy too, or how its result is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.comparison.goals import Goals
from gradcheck.comparison.locating import OtherPair, Proved
from gradcheck.comparison.repairs import finding, repaired, residual_with
from gradcheck.comparison.wording_of_places import message_of
from gradcheck.execution.run.trials import Names, Trials
from gradcheck.explanation.behind import Behind, Statement
from gradcheck.explanation.transplant import Transplant
from gradcheck.explanation.vocabulary import vocabulary_of
from gradcheck.findings import Finding
from gradcheck.program.ops import HOLD_BACK
from gradcheck.program.queries import leads_to_a_pole
from gradcheck.program.recording import Recording
from gradcheck.source import Site, node_of, parents, rewritten, site_of, span_at, span_of
from gradcheck.source.changes import Change, changes, length

WORK = 16_000
"""How many ops may be run to try changes, all together; each takes as long as `_EACH` ops besides."""

_EACH = 20
_MOST = 4
"""How many changes that look right are tried in float64."""


def shortened(place: Proved, found: list[Finding], goals: Goals) -> list[Finding]:
    """Return what to say of a place, with the shortest change as its fix if it is shorter than that found before.

    Notes
    -----
    That a change repairs the candidate on two batches does not establish that it was meant.
    """
    written = [one for one in found if one.fix is not None and one.fix.source and one.span is not None]
    if any(one.cause == "broadcast" for one in written):
        return found  # whichever of the two shapes is the wrong one, what is to be seen is where they meet
    limit = min((_key(one) for one in written), default=(_LONGEST, 0, 0))
    elsewhere: Site | None = None
    for text in _changes(place, limit):
        if residual_with(place.batches[:1], text) is None:
            continue
        repairs = repaired(place, [text]) or _of_this_size(place, text, goals)
        if repairs:
            return [_named(one, found) for one in repairs]
        elsewhere = elsewhere or text.site
    if elsewhere is None or any(one.fix is not None for one in found):
        return found
    return [_named(_moved(place, elsewhere), found), *found[1:]]


_LONGEST = 8


Key = tuple[int, int, int]


def _key(one: Finding) -> Key:
    assert one.fix is not None and one.span is not None
    return length(one.span.text, one.fix.text), 0, one.span.line


def _named(one: Finding, found: Sequence[Finding]) -> Finding:
    """Return a finding with the cause that was found before, where it has none of its own."""
    return replace(one, cause=found[0].cause) if found else one


def _of_this_size(place: Proved, text: Transplant, goals: Goals) -> list[Finding]:
    """Return what to say of a change that repairs the candidate on batches of the case's own size alone."""
    (pair, goal), *_ = place.batches
    if all(other.samples == goal.samples for _, other in place.batches):
        return []
    for other in goals.others:
        if isinstance(other, OtherPair) and other.target.samples == goal.samples:
            proof = replace(place.proof, samples=(goal.samples, goal.samples), second=other.second)
            there = replace(place, proof=proof, batches=((pair, goal), (other.pair, other.target)))
            return [replace(one, notes=(*one.notes, _HERE_ONLY)) for one in repaired(there, [text])]
    return []


_HERE_ONLY = "on a batch of another size the gradients still differ: is a size hard-coded in a formulation?"


def _moved(place: Proved, site: Site) -> Finding:
    """Return what to say of a place that is repaired by a change elsewhere on the case's own batch."""
    there = replace(place, parting=replace(place.parting, site=site))
    return replace(finding(there), message=message_of(there.parting, site))


def _changes(place: Proved, limit: Key) -> Iterator[Transplant]:
    """Yield the changes that look right, the shortest first, and of these the earliest."""
    pair, goal = place.batches[0]
    trials = Trials(pair, goal.value[0], list(goal.gradients))
    if not trials.possible:
        return
    each, seen = _EACH + len(pair.runs[1].recording.ops), 0
    likely = _likely(place, trials, limit)[: WORK // each]
    number = 0
    while number < len(likely) and seen < _MOST:
        found: _Placed | None = None
        with trials.started() as world:
            while number < len(likely) and found is None:
                one, number = likely[number], number + 1
                if trials.may_be_right(
                    world, one.statement.code.co_filename, one.change.node, one.change.text
                ):
                    found = one
        text = None if found is None else _shown(found)
        if text is not None:
            seen += 1
            yield text


@dataclass(frozen=True)
class _Placed:
    """A change, where it is, and how far that is from where the numbers go wrong."""

    change: Change
    statement: Statement
    away: int

    @property
    def key(self) -> Key:
        """What sorts changes: the shortest first, of these those where numbers go wrong, and then the earliest."""
        return self.change.length, self.away, self.change.node.lineno


def _likely(place: Proved, trials: Trials, limit: Key) -> list[_Placed]:
    behind = Behind(place.comparison.alignment)
    located = place.parting.located
    names = trials.names(frozenset(behind.functions.values()))
    sides = located.candidate, located.reference
    vocabularies = {one: vocabulary_of(known, *sides) for one, known in names.items()}
    found = [
        _Placed(change, one, 0 if trials.by_gradient else away)
        for one, away in _statements(place, behind, right=trials.by_gradient)
        if one.function in vocabularies
        for change in changes(one.node, one.code.co_filename, vocabularies[one.function])
        if change.of_the_derivative or not trials.by_gradient
    ]
    guards = _guards(located.candidate)
    found = [
        one
        for one in found
        if not _counts_samples(one, names[one.statement.function], place)
        and not any(_touches(one.change, guard, text) for guard, text in guards.items())
    ]
    return sorted((one for one in found if one.key < limit), key=lambda one: one.key)


def _guards(recording: Recording) -> dict[ast.AST, str]:
    """Return the bounds that keep from a pole, with how they are written: a lower precision may need them."""
    ops = (op for op in recording.ops if op.type in HOLD_BACK and leads_to_a_pole(op, recording))
    nodes = {node_of(op.site): span_of(op.site).text for op in ops if op.site is not None}
    return {node: text for node, text in nodes.items() if node is not None}


def _touches(change: Change, guard: ast.AST, text: str) -> bool:
    """Return whether a change leaves a bound out, or makes another one of it."""
    around = any(node is guard for node in ast.walk(change.node))
    return (around and text not in change.text) or change.node is getattr(guard, "func", None)


def _counts_samples(one: _Placed, names: Names, place: Proved) -> bool:
    """Return whether a change brings in the number of samples, where no batch of another size was tried."""
    change = one.change
    given = int(change.text) if change.text.isdecimal() else names.get(change.text)
    match parents(one.statement.code.co_filename).get(change.node):
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape")) if name in names:
            shape = tuple(names[name].shape)
            given = shape[given] if isinstance(given, int) and given < len(shape) else given
    if not isinstance(given, int) or given <= _FEW:
        return False
    return all(goal.samples == given for _, goal in place.batches)


_FEW = 2


def _statements(place: Proved, behind: Behind, *, right: bool) -> Iterator[tuple[Statement, int]]:
    """Yield the statements that may be altered, with how far each is from the place.

    What gives the reference's numbers is not altered, if it is not only their derivative that is wrong.
    """
    parting = place.parting
    blamed = {one.node for one in behind.at([parting.site, parting.blamed.site])}
    near = {
        one.node for one in behind.at([op.site for op in (parting.located.op, *parting.hit.candidate.ops)])
    }
    for one in behind.statements(parting.region):
        if right or one.node in blamed or not behind.is_right(one):
            yield one, 0 if one.node in blamed else 1 if one.node in near else 2


def _shown(placed: _Placed) -> Transplant | None:
    """Return a change as a text for the smallest expression that says what is computed."""
    change, code = placed.change, placed.statement.code
    node: ast.AST | None = change.node
    while node is not None and not isinstance(node, ast.stmt):
        above = parents(code.co_filename).get(node)
        site = site_of(node, code) if isinstance(node, ast.expr) else None
        if site is not None and (isinstance(node, _TELLING) or isinstance(above, ast.stmt)):
            text = rewritten(span_of(site), [(span_at(code.co_filename, change.node), change.text)])
            return Transplant(site, text, site)
        node = above
    return None


_TELLING = (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.UnaryOp, ast.IfExp)

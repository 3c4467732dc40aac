"""Which changes of the candidate's source may be tried, and in which order: the shortest first."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gradcheck.comparison.vocabularies import Vocabularies
from gradcheck.execution.run.names_seen import Names
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.replaced_text import Written
from gradcheck.execution.run.trials import Trials
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.behind import Behind, Statement, own_functions
from gradcheck.explanation.quantities import quantities
from gradcheck.program.ops import HOLD_BACK
from gradcheck.program.queries import leads_to_a_pole
from gradcheck.program.recording import Recording
from gradcheck.repair.goal import Goal
from gradcheck.source import Site, node_of, parents, rewritten, span_at, span_of
from gradcheck.source.change import Change
from gradcheck.source.changes import changes
from gradcheck.source.differences import Difference, differences
from gradcheck.source.likeness import Likeness
from gradcheck.source.needless import is_needless
from gradcheck.source.syntax import expression_in, parses

Key = tuple[int, bool, int, int]
"""Sorts changes: the shortest first, then those without a new sign, where numbers go wrong, and the earliest.

What makes the candidate say more of what the reference says is shorter: there it need not be described.
"""

LONGEST: Key = (5, False, 0, 0)


@dataclass(frozen=True)
class Region:
    """Where something may have been altered.

    Parameters
    ----------
    alignment
        What of the candidate is right.
    sites
        Places, behind which it is looked for as well.
    blamed, near
        Of these, those where the numbers go wrong, and those next to them.
    turned
        Whether it may be a sign behind them that went wrong: not where they are of another kind themselves.
    added
        Whether a term of the loss is wrong: an operator is then more likely to be another one than a sign to miss.
    only
        What alone is looked for, if anything: a stop of the gradient, or what runs on the way back, which is a
        gradient that is written by hand.
    """

    alignment: Alignment
    sites: frozenset[Site | None]
    blamed: Sequence[Site | None] = ()
    near: Sequence[Site | None] = ()
    turned: bool = True
    added: bool = False
    only: Literal["stops", "way back"] | None = None


@dataclass(frozen=True)
class Placed:
    """A change, where it is, and how far that is from where the numbers go wrong.

    Parameters
    ----------
    more
        How much longer it is than it looks, for what becomes of the rest.
    known
        Whether it is known to look right.
    negates
        Whether it is a new sign where an operator is more likely.
    strange
        1 where the candidate says less of what the reference says with it, -1 where more.
    also
        The same change at other places, to be made together with it.
    """

    change: Change
    statement: Statement
    away: int
    more: int = 0
    known: bool = False
    negates: bool = False
    strange: int = 0
    also: tuple[Placed, ...] = ()

    @property
    def key(self) -> Key:
        """What it is sorted by."""
        length = self.change.length + self.more + bool(self.also) + self.strange
        return length, self.negates, self.away, self.change.node.lineno

    @property
    def filename(self) -> str:
        """The file in which it is made."""
        return self.statement.code.co_filename

    @property
    def all(self) -> tuple[Placed, ...]:
        """The change, and each of the same that is made together with it."""
        return (self, *self.also)

    @property
    def reads(self) -> tuple[str, ...]:
        """What its statement comes to read, and each other one that is changed together with it."""
        return tuple(
            rewritten(
                span_at(one.filename, one.statement.node),
                [(span_at(one.filename, one.change.node), one.change.text)],
            )
            for one in self.all
        )

    @property
    def written(self) -> list[Written]:
        """What is to be written, and where."""
        return [(one.filename, one.change.node, one.change.text) for one in self.all]


def in_order(one: Placed) -> Key:
    """Return what a change is sorted by."""
    return one.key


def likely(
    batches: Sequence[tuple[FormulationPair, Goal]], region: Region, trials: Trials, limit: Key
) -> list[Placed]:
    """Return the changes that may be tried, in order."""
    (pair, _), goals = batches[0], [goal for _, goal in batches]
    behind = Behind(region.alignment)
    right = trials.value_is_right
    statements = [(one, 0 if right else away) for one, away in _statements(region, behind, right=right)]
    if (0, False, min((away for _, away in statements), default=0), 0) >= limit:
        return []
    twins = right and region.only != "way back"  # what is computed there are other numbers than the loss's
    vocabularies = Vocabularies(pair, region.alignment, behind, trials, twins=twins)
    short = (one for one in _changed(statements, vocabularies, region, trials) if one.key < limit)
    weighed = (replace(one, more=_is_needless(one) + _reaches_out(one, vocabularies)) for one in short)
    guards = _guards(region.alignment.candidate.recording)
    allowed = [
        one
        for one in weighed
        if one.key < limit
        and not _counts_samples(one, vocabularies.names(one.statement) or {}, goals)
        and not any(_touches(one.change, guard, text) for guard, text in guards.items())
    ]
    both = itertools.chain(_repeated(allowed), _beside_each_other(allowed))
    together = (one for one in both if one.key < limit)
    return _once(sorted([*allowed, *together], key=in_order))


def _changed(
    statements: Iterable[tuple[Statement, int]], vocabularies: Vocabularies, region: Region, trials: Trials
) -> Iterator[Placed]:
    """Yield the changes of statements, of which it is known how far each is from where numbers go wrong."""
    likeness = likeness_of(region.alignment)
    for one, away in statements:
        vocabulary = vocabularies.of(one)
        for change in () if vocabulary is None else changes(one.node, one.code.co_filename, vocabulary):
            if _may_be(change, region, trials):
                strange = likeness.moves_away(change.node, change.text)
                yield Placed(change, one, away, negates=region.added and change.negates, strange=strange)


def _reaches_out(one: Placed, vocabularies: Vocabularies) -> bool:
    """Return whether a change reads a name of a function around, which may be handed in instead."""
    return vocabularies.reaches_out(one.statement, one.change.text)


def likeness_of(alignment: Alignment) -> Likeness:
    """Return how far the functions of the candidate are from saying what those of the reference say."""
    sides = alignment.candidate.recording, alignment.reference.recording
    return Likeness(own_functions(*sides), own_functions(*reversed(sides)))


def _may_be(change: Change, region: Region, trials: Trials) -> bool:
    """Return whether a change is of what may be wrong: of the derivative where the values are right."""
    if region.only is not None:
        return region.only == "way back" or change.stops
    return change.of_the_derivative if trials.value_is_right else trials.by_gradient or not change.stops


def _is_needless(one: Placed) -> bool:
    return is_needless(one.change.node, one.change.text, one.filename)


def _once(found: Sequence[Placed]) -> list[Placed]:
    """Return the first of those changes by which a statement comes to read the same."""
    first: dict[object, Placed] = {}
    for one in found:
        first.setdefault((one.statement.node, one.reads), one)
    return list(first.values())


def _repeated(found: Sequence[Placed]) -> Iterator[Placed]:
    """Yield changes that are the same at several places, together: a line is copied with its mistake."""
    alike: dict[Difference | int, list[Placed]] = {}
    for one in found:
        difference = _difference(one)
        if difference is not None:
            alike.setdefault(difference, []).append(one)
    for places in alike.values():
        apart = _apart(places)
        by_statement = itertools.groupby(apart, key=lambda one: one.statement.node)
        for together in (apart, *(part for _, some in by_statement if (part := list(some)) != apart)):
            if 1 < len(together) <= _MOST_TOGETHER:
                yield replace(together[0], also=tuple(together[1:]))


def _difference(one: Placed) -> Difference | int | None:
    """Return the one thing that a change makes otherwise; of a whole number, how much larger it is."""
    before, after = span_at(one.filename, one.change.node).text, one.change.text
    if before.isdecimal() and after.isdecimal():
        return int(after) - int(before) if int(before) <= _MOST_AXES else None
    if isinstance(one.change.node, ast.Slice):  # no expression by itself
        before, after = f"_[{before}]", f"_[{after}]"
    found = differences(before, after)
    return found[0] if len(found) == 1 else None


_MOST_AXES = 8
"""Up to which number axes, or places in a list, may all be one off: with larger ones somebody computes."""


def _beside_each_other(found: Sequence[Placed]) -> Iterator[Placed]:
    """Yield two names in one list or call that both stand for others: what belongs together is confused so."""
    beside: dict[ast.AST, list[Placed]] = {}
    for one in found:
        above = parents(one.filename)
        around = above.get(one.change.node)
        listed = isinstance(around, ast.Tuple) and not isinstance(above.get(around), ast.Subscript)
        if around is not None and (listed or isinstance(around, ast.Call)) and _is_of_names(one.change):
            beside.setdefault(around, []).append(one)
    for some in beside.values():
        for one, other in itertools.combinations(some, 2) if len(some) <= _MOST_BESIDE else ():
            if one.change.node is not other.change.node:
                yield replace(one, more=1, also=(other,))


def _is_of_names(change: Change) -> bool:
    """Return whether a name is written for another one."""
    short = change.length == 1 and isinstance(change.node, _NAMES)
    return short and isinstance(ast.parse(change.text, mode="eval").body, _NAMES)


_NAMES = (ast.Name, ast.Subscript, ast.Attribute)
_MOST_BESIDE = 10


def _apart(places: Sequence[Placed]) -> list[Placed]:
    """Return the changes of expressions that are not part of one another, in the order in which they stand."""
    chosen = {one.change.node: one for one in reversed(places)}
    inner = {part for node in chosen for part in ast.walk(node) if part is not node}
    return sorted(
        (one for node, one in chosen.items() if node not in inner), key=lambda one: one.change.node.lineno
    )


_MOST_TOGETHER = 4


def _statements(region: Region, behind: Behind, *, right: bool) -> Iterator[tuple[Statement, int]]:
    """Yield the statements that may be altered, with how far each is from the place.

    What gives the reference's numbers is not altered, if it is not only their derivative that is wrong. What the
    reference has with the other sign comes first: behind it, a sign may undo another one, as in a square.
    """
    if region.only == "way back":
        yield from ((one, 0) for one in behind.running_none())
        return
    blamed, near = ({one.node for one in behind.at(sites)} for sites in (region.blamed, region.near))
    for one in behind.statements(region.sites):
        if region.turned and behind.is_turned(one):
            yield one, -1
        elif right or one.node in blamed or not behind.is_right(one):
            close = one.node in near or behind.is_first(one)
            yield one, 0 if one.node in blamed else 1 if close else 2


def _guards(recording: Recording) -> dict[ast.AST, str]:
    """Return the bounds that keep from a pole, with how they are written: a lower precision may need them."""
    ops = (op for op in recording.ops if op.type in HOLD_BACK and leads_to_a_pole(op, recording))
    nodes = {node_of(op.site): span_of(op.site).text for op in ops if op.site is not None}
    return {node: text for node, text in nodes.items() if node is not None}


def _touches(change: Change, guard: ast.AST, text: str) -> bool:
    """Return whether a change leaves a bound out, or makes another one of it."""
    around = any(node is guard for node in ast.walk(change.node))
    if change.node is getattr(guard, "func", None):
        return not _is_made_alike(change.node, change.text)
    return around and not _is_kept(guard, text, change.text)


def _is_made_alike(node: ast.expr, text: str) -> bool:
    """Return whether what is called is an object of the same class, made with other arguments."""
    made = expression_in(text)
    match node, made:
        case ast.Call(func=own), ast.Call(func=other):
            return ast.unparse(own) == ast.unparse(other)
    return False


def _is_kept(guard: ast.AST, own: str, text: str) -> bool:
    """Return whether a text has a bound, or the same one of what the same functions give otherwise."""
    if own in text or not (isinstance(guard, ast.Call) and parses(text)):
        return own in text
    calls = (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.Call))
    return any(_heads(one) == _heads(guard) for one in calls)


def _heads(call: ast.Call) -> list[str]:
    """Return how a call and what it is given is written, without what calls among that are given."""
    parts = (one.func if isinstance(one, ast.Call) else one for one in call.args)
    return [ast.unparse(one) for one in (call.func, *parts)]


def _counts_samples(one: Placed, names: Names, goals: Sequence[Goal]) -> bool:
    """Return whether a change brings in the number of samples, where no batch of another size is tried."""
    change = one.change
    given = [
        int(change.text) if change.text.isdecimal() else names.get(change.text),
        *_brought(change, names),
    ]
    match parents(one.filename).get(change.node):
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape")) if name in names:
            shape, place = tuple(names[name].shape), given[0]
            given = [shape[place]] if isinstance(place, int) and place < len(shape) else given
    if any(ast.unparse(part) == change.text for part in ast.walk(change.node)):
        return False  # it is there already, with something around it
    counts = (number for number in given if isinstance(number, int) and number > _FEW)
    return any(all(number in goal.sample_counts for goal in goals) for number in counts)


def _brought(change: Change, names: Names) -> list[Any]:
    """Return what the names and attributes stand for that a change reads, and what it is made of does not."""
    before, after = (
        {
            ast.unparse(one)
            for one in ast.walk(node or ast.Pass())
            if isinstance(one, ast.Name | ast.Attribute)
        }
        for node in (change.node, expression_in(change.text))
    )
    new = after - before
    kept = any("." in one and one.partition(".")[0] in names for one in new)
    known = dict(quantities(names)) if kept else names
    return [known[one] for one in new if one in known]


_FEW = 2

"""Changes of the candidate's source that look right: tried by running it, the shortest first."""

from __future__ import annotations

import ast
import bisect
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.comparison.unread import unread
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.trials import Names, Trials, Written
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.behind import Behind, Statement
from gradcheck.explanation.transplant import Transplant
from gradcheck.explanation.vocabulary import numbers_alone, vocabulary_of
from gradcheck.program.ops import HOLD_BACK
from gradcheck.program.queries import leads_to_a_pole
from gradcheck.program.recording import Recording
from gradcheck.program.work import Work, replay_cost
from gradcheck.repair.goal import Goal
from gradcheck.source import Site, node_of, parents, rewritten, site_of, span_at, span_of
from gradcheck.source.changes import Change, changes
from gradcheck.source.differences import Difference, differences
from gradcheck.source.needless import is_needless

WORK = 55_000
"""How many ops may be run to try changes, all together; each takes as long as `_EACH` ops besides."""

_EACH = 20

_CALLS_OF_AN_OP = 100
"""More functions of Python's than are called for an op."""

_MOST = 400
"""How many changes are tried: what runs besides ops, as in NumPy, is not counted."""

Key = tuple[int, bool, int, int]
"""Sorts changes: the shortest first, then those without a new sign, where numbers go wrong, and the earliest."""

LONGEST: Key = (8, False, 0, 0)


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
    """

    alignment: Alignment
    sites: frozenset[Site | None]
    blamed: Sequence[Site | None] = ()
    near: Sequence[Site | None] = ()
    turned: bool = True
    added: bool = False


@dataclass(frozen=True)
class _Placed:
    """A change, where it is, and how far that is from where the numbers go wrong.

    Parameters
    ----------
    more
        How much longer it is than it looks, for what becomes of the rest.
    known
        Whether it is known to look right.
    negates
        Whether it is a new sign where an operator is more likely.
    also
        The same change at other places, to be made together with it.
    """

    change: Change
    statement: Statement
    away: int
    more: int = 0
    known: bool = False
    negates: bool = False
    also: tuple[_Placed, ...] = ()

    @property
    def key(self) -> Key:
        length = self.change.length + self.more + bool(self.also)
        return length, self.negates, self.away, self.change.node.lineno

    @property
    def filename(self) -> str:
        return self.statement.code.co_filename

    @property
    def all(self) -> tuple[_Placed, ...]:
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


def _key(one: _Placed) -> Key:
    return one.key


def altered(
    batches: Sequence[tuple[FormulationPair, Goal]], region: Region, limit: Key, work: Work
) -> Iterator[Transplant]:
    """Yield the changes before a limit that look right on the first batch.

    Parameters
    ----------
    batches
        Those on which they will be tried.
    work
        What it may cost.
    """
    pair, goal = batches[0]
    trials = Trials(pair, goal.value[0], list(goal.gradients))
    if not trials.possible:
        return
    pending = _likely(batches, region, trials, limit)[:_MOST]
    # What traces a function anew each time, as `tf.vectorized_map`, runs far more than the ops that are recorded.
    cost = _EACH + max(replay_cost(pair.runs[1].recording), trials.calls // _CALLS_OF_AN_OP)
    while pending and (found := _next(pending, trials, work, cost)) is not None:
        text = _shown(found)
        if text is not None:
            yield text


def _next(pending: list[_Placed], trials: Trials, work: Work, cost: int) -> _Placed | None:
    """Return what looks right next, of changes in order; one that leaves statements out comes later."""
    with trials.started() as world:
        while pending and work.cut is None:
            one = pending.pop(0)
            if one.known:
                return one
            right = trials.may_be_right(world, one.written)
            work.spend(_EACH if right is None else cost)
            left_out = _left_out(one, trials) if right else 0
            if left_out:
                bisect.insort(
                    pending, replace(one, known=True, more=one.more + _OF_A_STATEMENT * left_out), key=_key
                )
            elif right:
                return one
    return None


_OF_A_STATEMENT = 2
"""How much longer a change is for each statement that is not run with it any more."""


def _left_out(one: _Placed, trials: Trials) -> int:
    """Return how many statements of the changed function were run as it was, and were not with a change."""
    before, after = trials.lines
    statements = [node for node in ast.walk(one.statement.function) if isinstance(node, ast.stmt)]
    return sum(
        _is_run(node, one.filename, before) > _is_run(node, one.filename, after) for node in statements
    )


def _is_run(node: ast.stmt, filename: str, lines: Collection[tuple[str, int]]) -> bool:
    last = node.end_lineno or node.lineno
    return not hasattr(node, "body") and any(
        (filename, line) in lines for line in range(node.lineno, last + 1)
    )


def _likely(
    batches: Sequence[tuple[FormulationPair, Goal]], region: Region, trials: Trials, limit: Key
) -> list[_Placed]:
    """Return the changes that may be tried, in order."""
    (pair, _), goals = batches[0], [goal for _, goal in batches]
    behind = Behind(region.alignment)
    right = trials.by_gradient
    statements = [(one, 0 if right else away) for one, away in _statements(region, behind, right=right)]
    if (1, False, min((away for _, away in statements), default=0), 0) >= limit:
        return []
    sides = region.alignment.candidate.recording, region.alignment.reference.recording
    names = trials.names(frozenset(behind.functions.values()))
    left_out, numbers = unread(pair), numbers_alone(*sides)
    files: dict[ast.AST, str] = {one: code.co_filename for one, code in behind.functions.items()}
    vocabularies = {
        one: vocabulary_of(one, files[one], known, *sides, numbers=numbers, unread=left_out)
        for one, known in names.items()
    }
    found = (
        _Placed(change, one, away, negates=region.added and change.negates)
        for one, away in statements
        if one.function in vocabularies
        for change in changes(one.node, one.code.co_filename, vocabularies[one.function])
        if (change.of_the_derivative if right else not change.stops)
    )
    short = (one for one in found if one.key < limit)
    likely = (replace(one, more=1) if _is_needless(one) else one for one in short)
    guards = _guards(sides[0])
    allowed = [
        one
        for one in likely
        if one.key < limit
        and not _counts_samples(one, names[one.statement.function], goals)
        and not any(_touches(one.change, guard, text) for guard, text in guards.items())
    ]
    together = (one for one in _repeated(allowed) if one.key < limit)
    return _once(sorted([*allowed, *together], key=_key))


def _is_needless(one: _Placed) -> bool:
    return is_needless(one.change.node, one.change.text, one.filename)


def _once(found: Sequence[_Placed]) -> list[_Placed]:
    """Return the first of those changes by which a statement comes to read the same."""
    first: dict[object, _Placed] = {}
    for one in found:
        first.setdefault((one.statement.node, one.reads), one)
    return list(first.values())


def _repeated(found: Sequence[_Placed]) -> Iterator[_Placed]:
    """Yield changes that are the same at several places, together: a line is copied with its mistake."""
    alike: dict[Difference, list[_Placed]] = {}
    for one in found:
        difference = differences(span_at(one.filename, one.change.node).text, one.change.text)
        if len(difference) == 1:
            alike.setdefault(difference[0], []).append(one)
    for places in alike.values():
        apart = _apart(places)
        by_statement = itertools.groupby(apart, key=lambda one: one.statement.node)
        for together in (apart, *(part for _, some in by_statement if (part := list(some)) != apart)):
            if 1 < len(together) <= _MOST_TOGETHER:
                yield replace(together[0], also=tuple(together[1:]))


def _apart(places: Sequence[_Placed]) -> list[_Placed]:
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
    return (around and text not in change.text) or change.node is getattr(guard, "func", None)


def _counts_samples(one: _Placed, names: Names, goals: Sequence[Goal]) -> bool:
    """Return whether a change brings in the number of samples, where no batch of another size is tried."""
    change = one.change
    given = int(change.text) if change.text.isdecimal() else names.get(change.text)
    match parents(one.filename).get(change.node):
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="shape")) if name in names:
            shape = tuple(names[name].shape)
            given = shape[given] if isinstance(given, int) and given < len(shape) else given
    if not isinstance(given, int) or given <= _FEW:
        return False
    return all(goal.samples == given for goal in goals)


_FEW = 2


def _shown(placed: _Placed) -> Transplant | None:
    """Return a change as a text for the smallest expression that says what is computed, in each statement."""
    texts = []
    for _, some in itertools.groupby(placed.all, key=lambda one: one.statement.node):
        together = list(some)
        site = _telling([one.change.node for one in together], together[0])
        if site is None:
            return None
        parts = [(span_at(one.filename, one.change.node), one.change.text) for one in together]
        texts.append(Transplant(site, rewritten(span_of(site), parts), site))
    return replace(texts[0], also=tuple(texts[1:]))


def _telling(nodes: Sequence[ast.expr], placed: _Placed) -> Site | None:
    """Return the smallest expression around some others that says what is computed."""
    node: ast.AST | None = nodes[0]
    while node is not None and not isinstance(node, ast.stmt | ast.Lambda):
        above, inside = parents(placed.filename).get(node), set(ast.walk(node))
        site = site_of(node, placed.statement.code) if isinstance(node, ast.expr) else None
        tells = isinstance(node, _TELLING) or isinstance(above, ast.stmt | ast.Lambda)
        if site is not None and tells and inside.issuperset(nodes):
            return site
        node = above
    return None


_TELLING = (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.UnaryOp, ast.IfExp)

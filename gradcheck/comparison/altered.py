"""Changes of the candidate's source that look right: tried by running it, the shortest first."""

from __future__ import annotations

import ast
import bisect
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from gradcheck.comparison.likely import LONGEST, Key, Placed, Region, in_order, likely
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.trials import Trials
from gradcheck.explanation.transplant import Transplant
from gradcheck.program.recording import Recording
from gradcheck.program.work import Work, replay_cost
from gradcheck.repair.goal import Goal
from gradcheck.source import Site, parents, rewritten, site_around, span_at, span_of

WORK = 55_000
"""How many ops may be run to try changes, all together; each takes as long as `_EACH` ops besides."""

_EACH = 20

_CALLS_OF_AN_OP = 100
"""More functions of Python's than are called for an op."""

_WITH_GRADIENTS = 3
"""How many times as long a run with gradients takes as one without."""

_MOST = 500
"""How many changes are tried: what runs besides ops, as in NumPy, is not counted."""


def altered(
    batches: Sequence[tuple[FormulationPair, Goal]], region: Region, limit: Key, work: Work
) -> Iterator[Transplant]:
    """Yield the changes before a limit that look right on the first batch.

    Where a gradient is stopped, the value of a loss may mean nothing, as that of a policy's gradient times its
    output: if none comes near the reference's, the gradients alone tell what is right, with as much work again.
    If the candidate stops none, that may be what is missing; with less work, if the reference stops none either.

    Parameters
    ----------
    batches
        Those on which they will be tried.
    work
        What it may cost.
    """
    pair, goal = batches[0]
    by_value = Trials(pair, goal.value[0], list(goal.gradients))
    found = False
    for one in _altered(batches, region, limit, work, by_value):
        found = True
        yield one
    if not found and limit == LONGEST and not by_value.by_gradient:
        stopped = [_stops(run.recording) for run in pair.runs]
        by_gradient = Trials(pair, None, list(goal.gradients))
        region = replace(region, only=region.only or (None if stopped[1] else "stops"))
        most = work.limit if any(stopped) else work.limit // _WITHOUT_A_STOP
        for one in _altered(batches, region, limit, work.part(most), by_gradient):
            yield replace(one, any_value=True)


_WITHOUT_A_STOP = 4
"""By how much less is tried where neither side stops a gradient."""


def _stops(recording: Recording) -> bool:
    return any(op.type == "StopGradient" and op.index in recording.contributing for op in recording.ops)


def _altered(
    batches: Sequence[tuple[FormulationPair, Goal]], region: Region, limit: Key, work: Work, trials: Trials
) -> Iterator[Transplant]:
    if not trials.possible:
        return
    pair, _ = batches[0]
    unknown = (
        one for one in likely(batches, region, trials, limit) if not trials.is_known_wrong(one.written)
    )
    pending = list(itertools.islice(unknown, _MOST))
    # What traces a function anew each time, as `tf.vectorized_map`, runs far more than the ops that are recorded.
    cost = _EACH + max(replay_cost(pair.runs[1].recording), trials.calls // _CALLS_OF_AN_OP)
    cost *= _WITH_GRADIENTS if trials.by_gradient else 1
    while pending and (found := _next(pending, trials, work, cost)) is not None:
        text = _shown(found)
        if text is not None:
            yield text


def _next(pending: list[Placed], trials: Trials, work: Work, cost: int) -> Placed | None:
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
                    pending,
                    replace(one, known=True, more=one.more + _OF_A_STATEMENT * left_out),
                    key=in_order,
                )
            elif right:
                return one
    return None


_OF_A_STATEMENT = 2
"""How much longer a change is for each statement that is not run with it any more."""


def _left_out(one: Placed, trials: Trials) -> int:
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


def _shown(placed: Placed) -> Transplant | None:
    """Return a change as a text for the smallest expression that says what is computed, in each statement.

    Or for several: what names are given in one statement need not be one expression for Python.
    """
    texts: list[Transplant | None] = []
    for _, some in itertools.groupby(placed.all, key=lambda one: one.statement.node):
        together = list(some)
        whole = _as_one(together)
        texts += [whole] if whole is not None else [_as_one([one]) for one in together]
    shown = [one for one in texts if one is not None]
    return replace(shown[0], also=tuple(shown[1:])) if len(shown) == len(texts) else None


def _as_one(together: Sequence[Placed]) -> Transplant | None:
    site = _telling([one.change.node for one in together], together[0])
    if site is None:
        return None
    parts = [(span_at(one.filename, one.change.node), one.change.text) for one in together]
    return Transplant(site, rewritten(span_of(site), parts), site)


def _telling(nodes: Sequence[ast.expr], placed: Placed) -> Site | None:
    """Return the smallest expression around some others that says what is computed."""
    node: ast.AST | None = nodes[0]
    while node is not None and not isinstance(node, ast.stmt | ast.Lambda):
        above, inside = parents(placed.filename).get(node), set(ast.walk(node))
        site = site_around(node, placed.statement.code) if isinstance(node, ast.expr) else None
        listed = isinstance(node, _DISPLAYS) and isinstance(above, _DISPLAYS)
        tells = listed or _tells(node) or isinstance(above, ast.stmt | ast.Lambda)
        if site is not None and tells and inside.issuperset(nodes):
            return site
        node = above
    return None


def _tells(node: ast.AST) -> bool:
    return isinstance(node, _TELLING) and not isinstance(getattr(node, "operand", None), ast.Constant)


_DISPLAYS = (ast.List, ast.Tuple)
_TELLING = (ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.UnaryOp, ast.BoolOp, ast.IfExp)

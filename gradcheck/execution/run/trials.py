"""The candidate run with small changes of its source, only as far as to see whether they may be right."""

from __future__ import annotations

import ast
import contextlib
import io
import logging
import math
from collections.abc import Collection, Iterator, Sequence
from types import CodeType
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError, user_code
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.ops.stateful import keeps_state_in_kernels
from gradcheck.execution.record.eagerly import exclusively
from gradcheck.execution.run.definitions import Definition
from gradcheck.execution.run.formulation import loss_of
from gradcheck.execution.run.freeze import Frozen, frozen
from gradcheck.execution.run.known_ranks import KnownRanks
from gradcheck.execution.run.known_sizes import KnownSizes
from gradcheck.execution.run.names_seen import NamesSeen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.replaced_text import CannotReplaceError, Written
from gradcheck.execution.run.returned import Told
from gradcheck.execution.run.started import start_from
from gradcheck.execution.run.step_limit import Steps
from gradcheck.judgement.differences import distance, norm
from gradcheck.source.trees import outermost_statement
from gradcheck.system.aborted_ops import without_aborted_ops


class Trials:
    """Runs the candidate of a pair with other expressions in its source.

    Parameters
    ----------
    pair
        The runs. What is compiled runs eagerly. A candidate that gives something else than a loss is not tried.
    value, gradients
        What is to come out; None for a value that need not be the reference's.

    Notes
    -----
    A change that looks right need not be: it is seen in the candidate's own precision, on one batch.
    """

    def __init__(self, pair: FormulationPair, value: float | None, gradients: list[Array | None]) -> None:
        self._pair, self._run = pair, pair.runs[1]
        self._value, self._gradients = value, gradients
        own = self._run.value
        apart = math.inf if value is None or not math.isfinite(own) else abs(own - value)
        size = abs(value or 0.0)
        self.value_is_right = not apart > _FAR * size
        self._allowed = max(min(_NEAR * size, apart / _NEARER), _FAR / 10 * size)
        self._definitions: dict[ast.AST, Definition] = {}
        self._codes: dict[ast.AST, CodeType] = {}
        self._draws = keeps_state_in_kernels(self._run.recording) or bool(pair.advances[1])
        self._begun = False
        self._given = math.nan
        self._ranks = KnownRanks(run.recording for run in pair.runs)
        self._sizes = KnownSizes(run.recording for run in pair.runs)
        self._most_steps, self._deepest = _SLOWER * _FEW_STEPS, _SLOWER
        self.calls = 0
        """How many functions of Python's the candidate calls when it is run."""
        self.lines: tuple[frozenset[tuple[str, int]], ...] = (frozenset(), frozenset())
        """The lines that the candidate runs as it is, and those that it ran when it was last tried."""

    @property
    def by_gradient(self) -> bool:
        """Whether a change is judged by its gradients, too: its value tells nothing, or not enough."""
        return self._value is None or self.value_is_right

    @property
    def possible(self) -> bool:
        """Whether the candidate can be run so."""
        run = self._run
        prints = any(op.type.startswith("Print") for op in run.recording.ops)
        return not (self._pair.recorded or prints) and run.direct and run.form == "loss"

    def names(self, codes: Collection[CodeType]) -> NamesSeen:
        """Return what names stand for in the functions of some code; nothing where the candidate cannot be run."""
        seen = NamesSeen(codes, self._pair.outside)
        self._codes.update(seen.codes)
        steps = Steps(on_return=seen.returned, on_line=seen.reached)
        try:
            with self.started() as world:
                _ = self._differentiated(world, steps) if self.by_gradient else self._loss(world, steps)
        except GradcheckError:
            return NamesSeen((), self._pair.outside)
        self._most_steps, self._deepest = _SLOWER * max(steps.taken, _FEW_STEPS), _SLOWER * steps.deepest
        self.calls = steps.calls
        self.lines = frozenset(steps.lines), frozenset(steps.lines)
        return seen

    @contextlib.contextmanager
    def started(self) -> Iterator[Frozen]:
        """Let the candidate be run inside; what it prints has been seen."""
        pair = self._pair
        with contextlib.ExitStack() as stack:
            for context in (exclusively(), frozen(pair.seed), without_aborted_ops()):
                stack.enter_context(context)
            stack.callback(tf.get_logger().setLevel, tf.get_logger().level)
            tf.get_logger().setLevel(logging.ERROR)  # as of a function that is traced for each change
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            start_from(self._run, pair.prepared)
            with frozen(pair.seed, pair.case.formulations().values()) as world:
                self._begun = False
                yield world

    def is_known_wrong(self, written: Sequence[Written]) -> bool:
        """Return whether the candidate was run with other texts before, and gave another value or none."""
        known = self._pair.losses_with.get(frozenset(written))
        return known is not None and not self._comes_near(known)

    def may_be_right(self, world: Frozen, written: Sequence[Written]) -> bool | None:
        """Return whether the candidate comes near what it is to give with other texts; None if it does not run."""
        self._given = math.nan
        right = self._with_texts(world, written)
        self._pair.losses_with[frozenset(written)] = self._given
        return right

    def _with_texts(self, world: Frozen, written: Sequence[Written]) -> bool | None:
        texts: dict[Definition, list[tuple[ast.expr, str]]] = {}
        for filename, node, text in written:
            texts.setdefault(self._definition(filename, node), []).append((node, text))
        with contextlib.suppress(CannotReplaceError, GradcheckError), contextlib.ExitStack() as stack:
            for definition, own in texts.items():
                stack.enter_context(definition.changed(own))
            return self._is_near(world)
        return None

    def _is_near(self, world: Frozen) -> bool:
        if not self.by_gradient:
            return self._has_value(self._loss(world))
        found = self._differentiated(world, self._limited())
        if found is None:
            return False
        size = math.hypot(*map(norm, self._gradients))
        pairs = list(zip(self._gradients, found, strict=True))
        shapes = ([None if one is None else one.shape for one in pair] for pair in pairs)
        if any(None not in pair and pair[0] != pair[1] for pair in shapes):
            return False  # of a gradient that is written by hand
        return all(distance(one, other) <= _NEAR * max(size, norm(one)) for one, other in pairs)

    def _differentiated(self, world: Frozen, steps: Steps) -> list[Array | None] | None:
        """Return the gradients of the loss; None where its value is not what it has to be."""
        with tf.GradientTape() as tape:
            loss = self._loss(world, steps)
        if not self._has_value(loss):
            return None
        variables = list(self._pair.prepared.variables.values())
        with user_code("the candidate raised:"), steps.counting():  # one that is written by hand may
            found = dense_gradients(tape, loss, variables)
        self.lines = self.lines[0], frozenset(steps.lines)
        return found

    def _has_value(self, loss: Any) -> bool:
        if loss.shape.rank != 0:
            return False
        self._given = float(loss)
        return self._comes_near(self._given)

    def _comes_near(self, loss: float) -> bool:
        return self._value is None or abs(loss - self._value) <= self._allowed

    def _loss(self, world: Frozen, steps: Steps | None = None) -> Any:
        pair = self._pair
        if self._draws or not self._begun:
            world.start(draws=self._draws)
            self._begun = True
        world.assignments.undo()
        variables = pair.prepared.with_weights("candidate")
        told = Told("the candidate", variables, pair.prepared.loss, before=-1)
        batch = tf.nest.map_structure(lambda tensor: tensor, dict(pair.prepared.batch))
        steps = steps or self._limited()
        said, quiet = user_code("the candidate raised:"), np.errstate(all="ignore")
        with said, quiet, self._ranks.kept(), self._sizes.kept(), steps.counting():
            loss = loss_of(pair.case.candidate, batch, told)
        self.lines = self.lines[0], frozenset(steps.lines)
        return loss

    def _limited(self) -> Steps:
        return Steps(self._most_steps, deepest=self._deepest)

    def _definition(self, filename: str, node: ast.AST) -> Definition:
        top = outermost_statement(node, filename)
        if top not in self._definitions:
            self._definitions[top] = Definition(filename, top, self._pair, self._codes)
        return self._definitions[top]


_SLOWER, _FEW_STEPS = 10, 100
"""How many times more lines a change may run than there are without it, and how many these are at least.

And in how many times more calls in each other.
"""

_FAR, _NEAR = 1e-4, 1e-3
"""How far a loss is apart if its value tells anything, and how near it comes if it is right, as shares of it."""

_NEARER = 100
"""How many times nearer it comes, where it was near before: a tenth of the changes would come ten times nearer."""

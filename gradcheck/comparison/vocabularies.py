"""What may be written in each statement of the candidate: what names stand for there."""

from __future__ import annotations

import ast
import functools
import math
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from types import FunctionType
from typing import Any

from gradcheck.comparison.unread import unread
from gradcheck.execution.run.names_seen import Names
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.trials import Trials
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.behind import Behind, Statement
from gradcheck.explanation.left_out import left_out
from gradcheck.explanation.quantities import entry_named, is_quantity, kind_of
from gradcheck.explanation.ratio import ratio_of
from gradcheck.explanation.theirs import theirs
from gradcheck.explanation.vocabulary import numbers_alone, vocabulary_of
from gradcheck.program.recording import Recording
from gradcheck.source import is_user_file
from gradcheck.source.bindings import bound_by_comprehensions
from gradcheck.source.rounds import rounds_of
from gradcheck.source.vocabulary import Vocabulary


class Vocabularies:
    """What may be written, by statement.

    Parameters
    ----------
    behind
        The functions of the candidate's own.
    trials
        Runs the candidate once, to see what the names in these stand for.
    twins
        Whether what has the same numbers may be written, and nothing else.
    """

    def __init__(
        self,
        pair: FormulationPair,
        alignment: Alignment,
        behind: Behind,
        trials: Trials,
        *,
        twins: bool,
    ) -> None:
        self._sides = alignment.candidate.recording, alignment.reference.recording
        self._seen = seen = trials.names(behind.functions.values())
        read = _read_of_modules(self._sides)
        self._names = {
            definition: {**names, **_quantities_of(seen.modules[definition], read - names.keys())}
            for definition, names in seen.at_return.items()
        }
        self._twins = twins
        self._unread = unread(pair)
        self._entries = frozenset(pair.prepared.batch)
        self._theirs = [] if twins else theirs(*reversed(self._sides))
        of_this_batch = [1 / count for count in pair.prepared.sample_counts if count]
        self._numbers = {
            text: value
            for text, value in numbers_alone(*self._sides).items()
            if not any(math.isclose(value, one, rel_tol=1e-6) for one in of_this_batch)
        }
        self._ratio = None if twins else ratio_of(*self._sides)
        self._known: dict[tuple[ast.AST, frozenset[tuple[str, int]]], Vocabulary] = {}
        self._rebound = functools.cache(self._not_yet_bound_anew)
        self.names = functools.cache(self._names_in)

    def _names_in(self, statement: Statement) -> Names | None:
        """Return what names stand for in a statement; None where its function has not returned.

        That is what they stand for before it runs; in the rounds of a loop, what they stand for in the end, but
        for those that are of another kind before.
        """
        known = self._names.get(statement.function)
        return None if known is None else {**known, **self._rebound(statement), **self._inner(statement)}

    def reaches_out(self, statement: Statement, text: str) -> bool:
        """Return whether a text reads a name of a function around that the one of a statement does not."""
        around = self._seen.around.get(statement.function, frozenset())
        return not around.isdisjoint(_NAME.findall(text))

    def of(self, statement: Statement) -> Vocabulary | None:
        """Return what may be written in a statement; None where its function has not returned."""
        known = self._names.get(statement.function)
        if known is None:
            return None
        rebound = {**self._rebound(statement), **self._inner(statement)}
        key = statement.function, frozenset((name, id(value)) for name, value in rebound.items())
        if key not in self._known:
            vocabulary = vocabulary_of(
                statement.function,
                statement.code.co_filename,
                {**known, **rebound},
                *self._sides,
                numbers=self._numbers,
                ratio=self._ratio,
                entries=self._entries,
                unread=self._unread,
                twins=self._twins,
            )
            vocabulary = self._with_theirs(vocabulary, {*known, *statement.code.co_names})
            names = {**self._seen.modules[statement.function], **known, **rebound}
            self._known[key] = replace(vocabulary, left_out=left_out(statement.function, names))
        return self._known[key]

    def _inner(self, statement: Statement) -> Names:
        """Return what names stand for in the comprehensions of a statement, as far as that is known."""
        known = self._seen.within.get(statement.function, {})
        return {name: known[name] for name in bound_by_comprehensions(statement.node) if name in known}

    def _with_theirs(self, vocabulary: Vocabulary, known: Collection[str]) -> Vocabulary:
        """Return what may be written, with what the reference has, in names that mean something there."""
        entries = {
            key: text
            for text in reversed([*vocabulary.shapes])
            if (key := entry_named(text)) in self._entries
        }
        texts = ((one, one.written(entries, known)) for one in self._theirs)
        written = [(one, text) for one, text in texts if text is not None and len(text) <= _LONGEST]
        conditions, factors = (
            [text for one, text in written if one.kind == kind] for kind in ("condition", "factor")
        )
        others: dict[str, list[str]] = {}
        for own, shape in vocabulary.shapes.items():
            alike = [(one.kind, text) for one, text in written if one.shape == shape]
            if own in vocabulary.whole:
                others[own] = [text for kind, text in alike if kind == "whole"]
            elif own in vocabulary.masks:
                truth = [text for kind, text in alike if kind == "condition"]
                own_kind = "{}" if own in vocabulary.flags else f"tf.cast({{}}, {own}.dtype)"
                others[own] = [own_kind.format(text) for text in truth]
        return replace(
            vocabulary,
            conditions=conditions,
            factors=[*vocabulary.factors, *(one for one in factors if one not in vocabulary.factors)],
            alike={
                **vocabulary.alike,
                **{own: [*vocabulary.alike[own], *found] for own, found in others.items()},
            },
        )

    def _not_yet_bound_anew(self, statement: Statement) -> Names:
        """Return the names that stand for something else before a statement runs than in the end."""
        known = self._names[statement.function]
        before = self._seen.before.get((statement.code.co_filename, statement.node.lineno), {})
        others = {name: value for name, value in before.items() if name in known and value is not known[name]}
        if rounds_of(statement.node, statement.code.co_filename) is None:
            return others
        return {name: value for name, value in others.items() if kind_of(value) != kind_of(known[name])}


_NAME = re.compile(r"""(?<![\w.'"])[A-Za-z_]\w*""")
"""A name, and no attribute or string."""

_LONGEST = 60
"""How long what the other program has may be, written out: nobody leaves out a formula by a slip."""


def _read_of_modules(sides: Iterable[Recording]) -> frozenset[str]:
    """Return the names of modules that the functions of both sides read, and of attributes."""
    return frozenset(name for recording in sides for code in recording.codes for name in code.co_names)


def _quantities_of(module: Names, read: Collection[str]) -> Names:
    """Return the quantities of a module that are read, and what of the user's may be called for another."""
    known = {name: module[name] for name in sorted(read) if name in module}
    return {name: value for name, value in known.items() if is_quantity(value) or _is_called(value)}


def _is_called(value: Any) -> bool:
    if isinstance(value, FunctionType):
        return is_user_file(value.__code__.co_filename)
    return callable(value) and type(value).__module__ != "builtins" and not isinstance(value, type)

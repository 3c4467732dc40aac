"""What a formulation asks of its own tapes, and hands to optimizers, seen while it runs."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf

from gradcheck.errors import CaseError
from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.execution.run.optimizers import Handed, intercepted


@dataclass(frozen=True)
class Asked:
    """One call of `tf.GradientTape.gradient`: what was differentiated, and the gradients by their sources."""

    target: Any
    sources: Sequence[Any]
    gradients: Sequence[Any]

    def gave(self, gradient: Any, variable: Any) -> bool:
        """Return whether this is the very gradient that came of it for `variable`."""
        pairs = zip(self.sources, self.gradients, strict=True)
        return any(source is variable and found is gradient for source, found in pairs)


@dataclass(eq=False)
class Captured:
    """What was seen of one run.

    Parameters
    ----------
    variables
        Those whose gradients are kept from being applied; None for all.
    asked
        In order, what tapes were asked for.
    handed
        What optimizers were handed for these variables, each gradient with its variable.
    applied
        The variables that other gradients were for: those were applied.
    instead
        By the id of a variable, what tapes are to give as its gradient in place of their own.
    """

    variables: frozenset[int] | None
    instead: Mapping[int, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    handed: Handed = field(default_factory=list)
    applied: list[Any] = field(default_factory=list)

    def takes(self, handed: Handed) -> bool:
        """Take what an optimizer is handed, if some of it is for the variables; return whether it did."""
        inside = [(gradient, inner(variable)) for gradient, variable in handed]
        if self.variables is not None and not any(id(variable) in self.variables for _, variable in inside):
            self.applied += [variable for _, variable in inside]
            return False
        self.handed += inside
        return True


class _Capturing(threading.local):
    """What a thread captures into now: the innermost of several gets it."""

    def __init__(self) -> None:
        self.open: list[Captured] = []


_capturing = _Capturing()

_with_replicas: list[Captured] = []
"""What is captured in threads that run replicas now: those are threads of their own."""


@contextlib.contextmanager
def capturing(
    variables: Iterable[Any] | None = None, instead: Mapping[int, Any] | None = None
) -> Iterator[Captured]:
    """Capture what this thread does inside. Its optimizers apply nothing meanwhile; those of others do.

    Parameters
    ----------
    variables
        Gradients for others alone are applied as usual: a loss may train something of its own. Left out, none are.
    instead
        By the id of a variable, what tapes are to give as its gradient in place of their own.
    """
    captured = Captured(None if variables is None else frozenset(map(id, variables)), instead or {})
    seen = contextlib.ExitStack()
    with seen:
        if not _capturing.open:  # within another one, both are in place
            seen.enter_context(intercepted(_hand))
            seen.enter_context(_tapes_seen())
            seen.enter_context(_replicas_seen())
        _capturing.open.append(captured)
        try:
            yield captured
        finally:
            _capturing.open.remove(captured)


def _hand(handed: Handed) -> bool:
    if not _capturing.open:
        if _with_replicas and tf.distribute.has_strategy():
            raise CaseError(
                "a replica passes gradients to an optimizer in a thread of its own, where it cannot be kept from "
                "applying them: compare the step of one replica, without strategy.run"
            )
        return False
    if not tf.executing_eagerly():
        raise CaseError(
            "gradients are passed to an optimizer while a graph is built, where they have no values: "
            "call it outside of tf.while_loop, dataset.map and the like"
        )
    return _capturing.open[-1].takes(handed)


@contextlib.contextmanager
def _tapes_seen() -> Iterator[None]:
    original = tf.GradientTape.gradient

    def gradient(
        tape: Any, target: Any, sources: Any, output_gradients: Any = None, *rest: Any, **how: Any
    ) -> Any:
        found = original(tape, target, sources, output_gradients, *rest, **how)
        if _capturing.open and output_gradients is None and _is_eager(target):
            captured = _capturing.open[-1]
            flat = [inner(source) for source in tf.nest.flatten(sources)]
            given = [captured.instead.get(id(v), one) for v, one in zip(flat, _flat(found), strict=True)]
            captured.asked.append(Asked(target, flat, given))
            return tf.nest.pack_sequence_as(sources, given) if captured.instead else found
        return found

    tf.GradientTape.gradient = gradient
    try:
        yield
    finally:
        tf.GradientTape.gradient = original


@contextlib.contextmanager
def _replicas_seen() -> Iterator[None]:
    kind = next(kind for kind in tf.distribute.Strategy.__mro__ if "run" in vars(kind))
    original = vars(kind)["run"]

    def run(*given: Any, **named: Any) -> Any:
        if not _capturing.open:
            return original(*given, **named)
        _with_replicas.append(_capturing.open[-1])
        try:
            return original(*given, **named)
        finally:
            _with_replicas.pop()

    kind.run = run
    try:
        yield
    finally:
        kind.run = original


def _is_eager(target: Any) -> bool:
    return isinstance(target, tf.Tensor) and hasattr(target, "numpy")


def _flat(gradients: Any) -> list[Any]:
    """Return gradients one by one: `tf.IndexedSlices` are one each."""
    return list(tf.nest.flatten(gradients))


def inner(variable: Any) -> Any:
    """Return the `tf.Variable` that a variable of Keras 3 keeps its value in; another one as it is."""
    return variable.value if isinstance(variable, LAYER_VARIABLE) else variable

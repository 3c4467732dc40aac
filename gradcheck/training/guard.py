"""Entry point for training scripts: report accidental broadcasts, and gradients that cannot train."""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from gradcheck.accepted import accepted, check_settings
from gradcheck.errors import BroadcastError, BroadcastWarning, HealthError, HealthWarning
from gradcheck.findings import (
    Finding,
    Operand,
    as_the_project_sets,
    most_certain_first,
    operands_at,
    unaccepted,
)
from gradcheck.program.ops import ELEMENTWISE
from gradcheck.program.recording import Shape
from gradcheck.source import (
    Span,
    acceptance,
    asks_for_an_axis,
    line_span,
    span_of,
    statement_at,
)
from gradcheck.training import health

if TYPE_CHECKING:
    from gradcheck.execution.record.caller import Caller
    from gradcheck.execution.record.watch import AccidentalBroadcast, BroadcastWatch
    from gradcheck.execution.training.watch import GradientWatch
    from gradcheck.program.gradient_health import PlaceHealth

On = Literal["raise", "warn", "collect"]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def guard(*, on: On = "warn") -> Guard:
    """Report expressions that broadcast samples against each other, and gradients that cannot train.

    Use it as ``with gradcheck.guard():`` around a training loop, or as ``@gradcheck.guard()`` on the function
    that trains. No number of the training changes. A `tf.function` is checked while it is traced, and counts its
    gradients whenever it runs. Functions that were traced before, and other threads, are not checked.

    Expressions are reported when they are first seen. Gradients are reported when the guard is left, because what
    is wrong with them shows only over several calls.

    Code that is not reported may still be wrong; see ``docs/guard.md`` for the rule. A bug in the guard never
    stops the training: a `RuntimeWarning` asks the user to report it, once, and the op where it happened is
    skipped.

    Parameters
    ----------
    on
        What to do with a finding: ``warn`` with a `BroadcastWarning` or a `HealthWarning`, ``raise`` a
        `BroadcastError` from the op itself or a `HealthError` on leaving, or ``collect``. In all three cases the
        guard's `findings` contain it. Notes are only collected.

    Raises
    ------
    BroadcastError
        From inside, with ``on="raise"``.
    HealthError
        On leaving, with ``on="raise"``, unless something else was raised.
    ValueError
        `on` is none of the three.
    SettingsError
        What ``[tool.gradcheck]`` in ``pyproject.toml`` says cannot be used.
    """
    return Guard(on)


class Guard:
    """The result of `guard`. It may be entered again, but still reports each expression only once.

    Parameters
    ----------
    on
        As in `guard`.
    seen
        Called with each finding when it is first seen.
    keeps_a_step
        Whether `look_again` will be called, when what is watched has ended.
    """

    def __init__(
        self,
        on: On,
        seen: Callable[[Finding], None] = lambda finding: None,
        *,
        keeps_a_step: bool = False,
    ) -> None:
        if on not in ("raise", "warn", "collect"):
            raise ValueError(f"on={on!r}: expected 'raise', 'warn' or 'collect'")
        check_settings()
        self._on = on
        self._seen = seen
        self._keeps_a_step = keeps_a_step
        self.failed = False
        self._untold: Exception | None = None
        self._judged: dict[object, Finding | None] = {}
        self._health: tuple[Finding, ...] = ()
        self._told: set[object] = set()
        self._entered: list[tuple[int, contextlib.AbstractContextManager[None]]] = []
        self._lock = threading.Lock()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings so far: expressions in the order in which they were seen, then gradients.

        Gradients are judged when the guard is left.
        """
        with self._lock:
            return (*(finding for finding in self._judged.values() if finding is not None), *self._health)

    @property
    def places(self) -> tuple[PlaceHealth, ...]:
        """Where gradients were taken so far, with each variable's."""
        try:
            return self._gradients.seen().places
        except Exception as error:  # whatever we did wrong, the training is not to end with it
            self._fail(error)
            return ()

    @property
    def ops_seen(self) -> int:
        """Number of ops seen so far: those that ran, and those of functions that were traced."""
        return self._watch.ops_seen

    @functools.cached_property
    def _watch(self) -> BroadcastWatch:
        from gradcheck.execution.record.watch import BroadcastWatch

        return BroadcastWatch(self._tell, self._fail, self._gradients.ops, self._gradients.figures.saw)

    @functools.cached_property
    def _gradients(self) -> GradientWatch:
        from gradcheck.execution.training.watch import GradientWatch

        return GradientWatch(self._fail, keeps_a_step=self._keeps_a_step)

    @contextlib.contextmanager
    def _watching(self) -> Iterator[None]:
        with self._watch.watching(), self._gradients.watching():
            yield

    def look_again(self) -> None:
        """Run the first compiled step whose gradient was not finite once more: for a program that has ended."""
        try:
            self._gradients.look_again(self._watching_with)
        except Exception as error:  # whatever we did wrong, what was seen is to be reported
            self._fail(error)

    @contextlib.contextmanager
    def _watching_with(self, gradients: GradientWatch) -> Iterator[None]:
        from gradcheck.execution.record.watch import BroadcastWatch

        with BroadcastWatch(lambda _: None, self._fail, gradients.ops).watching(), gradients.watching():
            yield

    def __enter__(self) -> Guard:
        watching = self._watching()
        watching.__enter__()
        self._entered.append((threading.get_ident(), watching))
        return self

    def __exit__(self, *error: Any) -> None:
        here = [entry for entry in self._entered if entry[0] == threading.get_ident()]
        # A generator may be closed in another thread than it began in.
        entry = (here or self._entered)[-1]
        self._entered.remove(entry)
        entry[1].__exit__(None, None, None)
        self.conclude(ended_early=any(error))
        if self._untold is not None:
            warn_of_our_own(self._untold)
            self._untold = None

    def __call__(self, function: _Function) -> _Function:
        """Decorate a function, so that it is guarded while it runs."""
        wrapper: Any
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*arguments: Any, **named: Any) -> Any:
                with self:
                    return await function(*arguments, **named)

        else:

            @functools.wraps(function)
            def wrapper(*arguments: Any, **named: Any) -> Any:
                with self:
                    return function(*arguments, **named)

        return wrapper  # type: ignore[no-any-return]

    def conclude(self, ended_early: bool) -> None:
        """Judge the gradients that were seen so far, and report what is new.

        Parameters
        ----------
        ended_early
            What was watched did not come to its end: what it never did, it might have done later.
        """
        try:
            seen = unaccepted(health.findings(self._gradients.seen(), ended_early))
            found = most_certain_first([as_the_project_sets(each) for each in seen])
        except Exception as error:  # whatever we did wrong, the training is not to end with it
            self._fail(error)
            return
        with self._lock:
            self._health = found
        new = [
            each for each in found if each.severity != "note" and (each.cause, each.span) not in self._told
        ]
        self._told |= {(each.cause, each.span) for each in new}
        if self._on == "warn":
            for finding in new:
                _warn_of(finding)
        elif self._on == "raise" and new and not ended_early:
            raise HealthError("\n\n".join(map(_text, new)))

    def _tell(self, growth: AccidentalBroadcast) -> None:
        span = _span_of(growth.place)
        with self._lock:
            known = span in self._judged
            if not known:
                self._judged[span] = _judged(growth, span)
            finding = self._judged[span]
        if finding is None or (known and self._on != "raise"):
            return
        if not known:
            self._seen(finding)
        if finding.severity == "note":
            return
        if self._on == "raise":
            raise BroadcastError(_text(finding))
        if self._on == "warn":
            warnings.warn_explicit(_text(finding), BroadcastWarning, growth.place.filename, growth.place.line)

    def _fail(self, error: Exception) -> None:
        if self.failed:
            return
        self.failed = True
        try:
            warn_of_our_own(error)
        except RecursionError:  # the stack is too deep to report it here: it is reported on exit
            self._untold = error


def _warn_of(finding: Finding) -> None:
    file, line = ("gradcheck", 1) if finding.span is None else (finding.span.file, finding.span.line)
    warnings.warn_explicit(_text(finding), HealthWarning, file, line)


def warn_of_our_own(error: Exception) -> None:
    """Warn about a bug in the guard, with its traceback; never raise it, even if warnings are errors."""
    trace = "".join(traceback.format_exception(error))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(
            "gradcheck's guard failed and continues without this check: not everything is checked. "
            f"This is a bug in gradcheck; please report it with these lines:\n{trace}",
            RuntimeWarning,
            stacklevel=2,
        )


def _judged(growth: AccidentalBroadcast, span: Span) -> Finding | None:
    """Return the finding, or None if the broadcast is intended: the source says so, or lengths differ."""
    site = growth.place.site
    if growth.how == "unlike" or (site is not None and asks_for_an_axis(site, _names(growth))):
        return None
    if accepted("broadcast", span):
        return None
    lines = range(span.line, span.end_line + 1)
    first = span.line if site is None else statement_at(site).line
    gave_no_reason = acceptance(growth.place.filename, (first, *lines)) is not None
    return as_the_project_sets(_finding(growth, span, gave_no_reason=gave_no_reason))


def _finding(growth: AccidentalBroadcast, span: Span, gave_no_reason: bool) -> Finding:
    shapes = " and ".join(map(str, growth.shapes))
    given = [_shape(shape) for shape in growth.shapes]
    operands = operands_at(growth.place.site, _names(growth), given)
    notes = [_meaning(growth, operands)]
    if gave_no_reason:
        notes.append("`# gradcheck: ok` is accepted only with a reason: `# gradcheck: ok - pairwise kernel`")
    else:
        notes.append(
            "if it is intended, say why in a comment on this line: `# gradcheck: ok - ` and the reason"
        )
    return Finding(
        cause="broadcast",
        message=f"both operands are broadcast: {shapes} give {growth.result}",
        span=span,
        shapes=(*given, _shape(growth.result)),
        operands=operands,
        notes=tuple(notes),
    )


def _meaning(growth: AccidentalBroadcast, operands: Sequence[Operand]) -> str:
    texts = [f"`{operand.span.text}`" for operand in operands if "\n" not in operand.span.text]
    left, right = texts if len(texts) == 2 else ("one operand", "the other")
    return (
        f"element i of {left} is not paired with element i of {right}: every element of one is combined with "
        "every element of the other; give both the same shape, for example with tf.squeeze(…, axis=…) on one "
        "of them"
    )


def _names(growth: AccidentalBroadcast) -> frozenset[str]:
    return frozenset(ELEMENTWISE[growth.op_type])


def _shape(shape: tuple[int | None, ...]) -> Shape:
    return shape  # type: ignore[return-value]  # None: a length that was unknown while tracing


def _span_of(place: Caller) -> Span:
    return line_span(place.filename, place.line) if place.site is None else span_of(place.site)


def _text(finding: Finding) -> str:
    from gradcheck.report.snippet import to_text

    return to_text(finding)

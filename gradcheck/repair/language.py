"""The language of edits: what is computed at a place in place of what an op gives there, as plain data.

    E ::= Input(i) | Own(kind, inputs, settings) | At(place, ...) | Number(x) | Runs() | Either(E, E, E)
        | Call(name, E..., settings)

An edit puts an expression in place of the results of the ops at a place. Two edits of one op compose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gradcheck.program.ops import FUNCTIONS_WITH_OPERATOR
from gradcheck.program.places import Place

Value = bool | int | float | str | tuple[int, ...] | None
"""What an argument may be set to; a string is the name of a dtype."""

Settings = tuple[tuple[str, Value], ...]
"""Arguments by name."""


@dataclass(frozen=True, slots=True)
class Input:
    """What the op reads as input number `number`."""

    number: int


@dataclass(frozen=True, slots=True)
class Own:
    """What the op gives, with some inputs replaced, some arguments set, or by an op of another `kind`."""

    inputs: tuple[tuple[int, Expression], ...] = ()
    settings: Settings = ()
    kind: str = ""


Which = int | Literal["same", "last", "stack", "mean", "sum", "joined"]
"""Of several runs: number so and so, the one that belongs to the run of the op, the last; or all of them."""


@dataclass(frozen=True, slots=True)
class At:
    """What the ops at another place give, or with `input` read as that input.

    Parameters
    ----------
    which
        Which of their runs; of all of them together it is the stack along `axis`, or their mean or sum (over
        `axis`, if given), or ``joined``, all their elements in a row.
    """

    place: Place
    input: int | None = None
    which: Which = "same"
    axis: int | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a list of whole ones. One that is `sought` is solved for."""

    value: float | tuple[int, ...]
    sought: bool = False


@dataclass(frozen=True, slots=True)
class Runs:
    """How often the expression runs."""


@dataclass(frozen=True, slots=True)
class Either:
    """One of two, by a condition of one element."""

    condition: Expression
    one: Expression
    other: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of TensorFlow's, by its name below `tf`."""

    name: str
    arguments: tuple[Expression, ...]
    settings: Settings = ()


Expression = Input | Own | At | Number | Runs | Either | Call


@dataclass(frozen=True, slots=True)
class Edit:
    """An expression in place of what the ops at a place give.

    Parameters
    ----------
    place
        The loss itself has the place ``Place(None, "loss")``.
    expression
        What to compute there.
    words
        The change as an instruction, where the expression alone reads badly.
    """

    place: Place
    expression: Expression
    words: str = field(default="", compare=False)


OWN = Own()


def call(name: str, *arguments: Expression | float, **settings: Value) -> Call:
    """Return a call; a bare number is one."""
    given = (Number(one) if isinstance(one, int | float) else one for one in arguments)
    return Call(name, tuple(given), tuple(settings.items()))


def times(factor: float, what: Expression, *, sought: bool = False) -> Call:
    """Return an expression multiplied by a number."""
    return Call("multiply", (Number(factor, sought), what))


def stopped(what: Expression) -> Call:
    """Return an expression through which no gradient passes."""
    return call("stop_gradient", what)


def with_input(number: int, change: Callable[[Expression], Expression]) -> Own:
    """Return the op with one of its inputs changed."""
    return Own(((number, change(Input(number))),))


def parts(expression: Expression) -> tuple[Expression, ...]:
    """Return what an expression is made of, one level down."""
    match expression:
        case Own(inputs=inputs):
            return tuple(one for _, one in inputs)
        case Either(condition=condition, one=one, other=other):
            return condition, one, other
        case Call(arguments=arguments):
            return arguments
    return ()


def all_parts(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and all that it is made of."""
    yield expression
    for part in parts(expression):
        yield from all_parts(part)


def rebuilt(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return an expression with each of its parts, one level down, changed."""
    match expression:
        case Own(inputs=inputs):
            return replace(expression, inputs=tuple((number, change(one)) for number, one in inputs))
        case Either(condition=condition, one=one, other=other):
            return Either(change(condition), change(one), change(other))
        case Call(arguments=arguments):
            return replace(expression, arguments=tuple(change(one) for one in arguments))
    return expression


def length(expression: Expression) -> int:
    """Return the description length of an expression, in some unit: what a person writes sooner is shorter."""
    own = 1
    match expression:
        case Own(settings=settings, kind=kind):
            own += 2 * len(settings) + 3 * bool(kind)
        case Call(name=name, settings=settings):
            own += (0 if name in FUNCTIONS_WITH_OPERATOR else 2) + 2 * len(settings)
        case Number(value=value):
            own += 1 if value in _SHORT else 6
        case At():
            own += 4
        case Either():
            own += 4
    return own + sum(map(length, parts(expression)))


_SHORT = (-1, 0, 1, 2, 0.5)


class ConflictError(Exception):
    """Two edits of one op do not go together: both say what it gives, or which op it is."""


def composed(expressions: Sequence[Expression]) -> Expression:
    """Return edits of one op as one: first its inputs change, then the op, then what becomes of its result.

    Raises
    ------
    ConflictError
        They do not go together.
    """
    whole: Expression = OWN
    for expression in sorted(expressions, key=_turn):
        whole = _after(expression, whole)
    return whole


def _turn(expression: Expression) -> int:
    if isinstance(expression, Own):
        return 1 if expression.settings else (0 if not expression.kind else 1)
    return 2 if Own not in map(type, all_parts(expression)) else 3


def _after(expression: Expression, before: Expression) -> Expression:
    """Return `expression` of what `before` gives; where it reads inputs alone, of these as changed there."""
    match expression:
        case Own() if isinstance(before, Own):
            return _both(expression, before)
        case Own():
            if expression == OWN:
                return before
            raise ConflictError
        case Input(number=number) if isinstance(before, Own):
            return dict(before.inputs).get(number, expression)
    if isinstance(before, Own) or Own in map(type, all_parts(expression)):
        return rebuilt(expression, lambda part: _after(part, before))
    raise ConflictError


def _both(later: Own, before: Own) -> Own:
    if later.kind and before.kind and later.kind != before.kind:
        raise ConflictError
    if {name for name, _ in later.settings} & {name for name, _ in before.settings}:
        raise ConflictError
    inputs = dict(before.inputs)
    inputs.update((number, _after(one, before)) for number, one in later.inputs)
    return Own(
        tuple(sorted(inputs.items(), key=lambda pair: pair[0])),
        (*before.settings, *later.settings),
        later.kind or before.kind,
    )


def with_number(edit: Edit, value: float) -> Edit:
    """Return an edit with a value for what is sought."""

    def filled(expression: Expression) -> Expression:
        if isinstance(expression, Number) and expression.sought:
            return replace(expression, value=value)
        return rebuilt(expression, filled)

    return replace(edit, expression=filled(edit.expression))

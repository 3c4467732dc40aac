"""Entry points for shapes: a case, a function or a Keras model, run at two batch sizes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck import execution
from gradcheck.cases import Case, is_case_factory
from gradcheck.errors import CaseError, TargetError, described, why
from gradcheck.options import OnProgress, seed_of
from gradcheck.source import read_anew
from gradcheck.targets.inputs import arrays_of, inputs_from
from gradcheck.targets.loading import Factory, load_callable
from gradcheck.targets.samples import SampleAxis
from gradcheck.tracing.alignment import aligned
from gradcheck.tracing.axes import Axes, Sizes, axes_of
from gradcheck.tracing.rows import Row, fold
from gradcheck.tracing.view import Edge, RowPair, ShapesView, TracedSide, could_not_run


def shapes(
    target: Any,
    *,
    inputs: Mapping[str, Any] | None = None,
    seed: int = 0,
    depth: int = 0,
    watch: OnProgress | None = None,
) -> ShapesView:
    """Show every tensor shape in a formulation, by the expression that computed it.

    Parameters
    ----------
    target
        A `Case`, a factory marked with `gradcheck.case`, any function, or a Keras model.
    inputs
        For a function or a model: the arguments by name, each an array, a tensor, or a spec such as
        ``"float32[32,4]"``, for which random numbers are drawn.
    seed
        Seeds all random generators; passed to a factory that has a parameter `seed`.
    depth
        How many levels of Keras layers, and below them ops, to show under the expression that called them.
    watch
        For a progress display: called with the name of each stage that begins, and an object whose length is
        the number of its steps so far.

    Returns
    -------
    ShapesView
        Prints itself; if the function raised, it contains the part that ran, and `failed` is true.

    Raises
    ------
    CaseError
        The case cannot be run, or the inputs do not match the function.
    UserCodeError
        The factory raised.
    TargetError
        A parameter of the factory has no default.

    Notes
    -----
    The shapes are those of one run. Everything runs twice, at two batch sizes, to find the axes that follow the
    batch. Variables and random state are restored afterwards.
    """
    seed = seed_of(seed)
    if not isinstance(inputs, Mapping | None):
        raise CaseError(f"inputs is {described(inputs)}; expected a dict of name to array or spec")
    execution.start()
    read_anew()
    if is_case_factory(target):
        return shapes_of_factory(Factory(getattr(target, "__name__", "case"), target), seed, depth, watch)
    if isinstance(target, Case):
        return _of_case(target, seed, depth, watch)
    return _of_function(target, arrays_of(inputs or {}, seed), seed, depth, watch)


def shapes_of_target(
    target: str,
    *,
    inputs: Sequence[str],
    seed: int,
    settings: Mapping[str, Any],
    depth: int,
    watch: OnProgress | None = None,
) -> list[ShapesView]:
    """Show the shapes of a target on the command line: a function or a model on `inputs`, or cases.

    Raises
    ------
    TargetError
        There is no such target, an input cannot be read, or the options do not match the target.
    """
    read_anew()
    found = load_callable(target)
    execution.check_eager()
    if not isinstance(found, list):
        if settings:
            raise TargetError("--set sets a parameter of a case factory; for a function, use --input")
        from gradcheck.execution.run.freeze import seeded

        with seeded(seed):
            return [_of_function(found, inputs_from(inputs, seed), seed, depth, watch)]
    if inputs:
        raise TargetError("--input is for a function or a model; a case has its own batch (see --set)")
    if len(found) == 1:
        return [shapes_of_factory(found[0], seed, depth, watch, settings)]
    return [_one_of_several(factory, seed, depth, watch, settings) for factory in found]


def _one_of_several(factory: Factory, *how: Any) -> ShapesView:
    """Show the shapes of one case, whatever it raises, so that the others are still shown."""
    try:
        return shapes_of_factory(factory, *how)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # not even a SystemExit from user code may stop the other cases
        return could_not_run(factory.name, why(error))


def shapes_of_factory(
    factory: Factory,
    seed: int,
    depth: int,
    watch: OnProgress | None,
    settings: Mapping[str, Any] | None = None,
) -> ShapesView:
    """Make the case of `factory` and show its shapes."""
    from gradcheck.execution.run.freeze import seeded

    with seeded(seed):
        return _of_case(factory.make(seed=seed, settings=settings), seed, depth, watch)


def _of_case(case: Case, seed: int, depth: int, watch: OnProgress | None) -> ShapesView:
    from gradcheck.execution.run.keras_models import as_function
    from gradcheck.execution.run.prepare import prepare

    prepared = prepare(case)
    functions = {side: as_function(one) for side, one in case.formulations().items()}
    return _view(case.title, _Arguments(prepared.batch, _known(prepared.axis), seed, depth, watch), functions)


def _of_function(
    target: Any, inputs: Mapping[str, Any], seed: int, depth: int, watch: OnProgress | None
) -> ShapesView:
    from gradcheck.execution.run.prepare import as_arguments, why_not_called_with
    from gradcheck.execution.run.shapes import axis_of_first, called_by_name

    if not callable(target):
        raise CaseError(f"{described(target)} is neither a case, a function, nor a Keras model")
    name = getattr(target, "__name__", None) or getattr(target, "name", None) or type(target).__name__
    arguments = as_arguments(inputs)
    function = called_by_name(target)
    misfit = why_not_called_with(function, arguments)
    if misfit is not None:
        raise CaseError(
            f"`{name}` cannot be called with {_listed(arguments)}: {misfit}; its parameters are "
            f"{inspect.signature(function)}. Give each as NAME=DTYPE[SHAPE], for example --input x=float32[32,4]"
        )
    run = _Arguments(arguments, axis_of_first(arguments), seed, depth, watch)
    return _view(name, run, {name: function})


def _known(axis: SampleAxis | CaseError) -> SampleAxis | None:
    return axis if isinstance(axis, SampleAxis) else None


def _listed(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in arguments) or "no input"


@dataclass(frozen=True)
class _Arguments:
    """What functions are run on: arguments, their sample axis if it is known, and how to show it."""

    arguments: Mapping[str, Any]
    axis: SampleAxis | None
    seed: int
    depth: int
    watch: OnProgress | None

    @property
    def samples(self) -> int | None:
        return None if self.axis is None else self.axis.length


@dataclass(frozen=True)
class _SecondSize:
    """A second batch, of `samples`; None where no size would do, and why."""

    traces: Mapping[str, Any]
    samples: int | None
    why_not: str


def _view(name: str, run: _Arguments, functions: Mapping[str, Callable[..., Any]]) -> ShapesView:
    from gradcheck.execution.run.freeze import frozen
    from gradcheck.execution.run.shapes import trace_of

    with frozen(run.seed, functions.values()) as world:
        traced = {}
        for side, function in functions.items():
            world.start()
            traced[side] = trace_of(
                function, run.arguments, keep_values=len(functions) > 1, watch=_watching(run, side)
            )
        failed = any(one.error for one in traced.values())
        other = _SecondSize({}, None, "it raised") if failed else _at_another_size(run, functions, world)
    sizes = Sizes(run.samples, other.samples) if run.samples and other.samples else None
    sides = [
        _side(side, one, axes_of(one.trace, other.traces.get(side), sizes), run.depth)
        for side, one in traced.items()
    ]
    pairs: list[RowPair] = []
    if len(sides) == 2 and not failed:
        values = {number: value for one in traced.values() for number, value in one.values.items()}
        pairs = [RowPair(*pair) for pair in aligned(sides[0].rows, sides[1].rows, values)]
    return ShapesView(name, run.samples, other.samples, other.why_not, tuple(sides), tuple(pairs))


def _at_another_size(run: _Arguments, functions: Mapping[str, Callable[..., Any]], world: Any) -> _SecondSize:
    """Trace the functions on another number of samples: half as many, which is quick, or else twice."""
    from gradcheck.execution.run.shapes import resized, trace_of

    if run.axis is None or not run.axis.length:
        return _SecondSize({}, None, "there is no sample axis" if run.axis is None else "it is empty")
    why_not = ""
    for samples in _other_sizes(run.axis.length):
        traces = {}
        for side, function in functions.items():
            world.start()
            try:
                arguments = resized(run.arguments, run.axis, samples)
            except (TypeError, ValueError) as error:
                return _SecondSize({}, None, f"no batch of another size could be made: {error}")
            traced = trace_of(function, arguments, watch=_watching(run, f"{side} with {samples} samples"))
            if traced.error:
                why_not = why_not or _failure(side, samples, traced)
                break
            traces[side] = traced.trace
        else:
            return _SecondSize(traces, samples, "")
    return _SecondSize({}, None, why_not)


def _other_sizes(samples: int) -> list[int]:
    half = [samples // 2] if samples % 2 == 0 and samples >= 4 else []
    return [*half, 2 * samples]


def _failure(side: str, samples: int, traced: Any) -> str:
    where = "" if traced.raised_at is None else f" at {traced.raised_at.file}:{traced.raised_at.line}"
    said = re.sub(r"\{\{.*?\}\} | name: $|\S+\.(?=\w+Error: )", "", traced.error.splitlines()[-1] + " ")
    return f"with {samples} samples {side} raised{where}: {said.strip()}"


def _watching(run: _Arguments, stage: str) -> Callable[[Any], None] | None:
    watch = run.watch
    return None if watch is None else lambda tracer: watch(stage, tracer)


def _side(name: str, traced: Any, axes: Mapping[int, Axes], depth: int) -> TracedSide:
    trace = traced.trace
    rows = tuple(fold(trace, axes, depth))
    arguments = tuple((argument, axes[number]) for number, argument in trace.arguments.items())
    edges = tuple(_edges(rows, trace.arguments, axes))
    return TracedSide(name, arguments, rows, edges, traced.error, traced.raised_at)


def _edges(rows: tuple[Row, ...], arguments: Mapping[int, str], axes: Mapping[int, Axes]) -> list[Edge]:
    """Return which row reads from which other row, by index; -1 means the arguments."""
    makers = dict.fromkeys(arguments, -1)
    for index, row in enumerate(rows):
        for number in row.made:
            makers.setdefault(number, index)
    found: dict[tuple[int, int], dict[Axes, None]] = {}
    for index, row in enumerate(rows):
        for number in sorted(row.read):
            maker = makers.get(number)
            if maker is not None and maker != index:
                found.setdefault((maker, index), {})[axes[number]] = None
    return [Edge(maker, reader, tuple(shapes)) for (maker, reader), shapes in found.items()]

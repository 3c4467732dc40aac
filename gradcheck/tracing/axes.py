"""Axes that follow the batch, found from two traces of one function at two batch sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from gradcheck.program.recording import Shape
from gradcheck.program.trace import CallChain, Step, Trace


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a tensor: its length now, and its name where it follows the batch.

    `degree` is the power of n that its length is proportional to: 0 for an axis of fixed or unknown length.
    """

    length: int
    name: str = ""
    degree: int = 0

    def __str__(self) -> str:
        return self.name or str(self.length)


Axes = tuple[Axis, ...]


@dataclass(frozen=True)
class Sizes:
    """The two batch sizes at which a function was traced."""

    samples: int
    other: int


def plain(shape: Shape) -> Axes:
    """Return the axes of a shape of which nothing more is known."""
    return tuple(Axis(length) for length in shape)


def named_axis(length: int, other: int, sizes: Sizes) -> Axis:
    """Return the axis that is `length` long at the first batch size and `other` at the second.

    Examples
    --------
    With batches of 100 and of 50: 100 and 50 are ``n``, 200 and 100 ``2·n``, 10,000 and 2,500 ``n²``, 25 and
    12 nothing that has a name; 100 and 100 are a fixed 100.
    """
    n, m = sizes.samples, sizes.other
    if length == other:
        return Axis(length)
    if (length, other) == (n * n, m * m) and n > 1:
        return Axis(length, "n²", 2)
    if length * m == other * n:
        return Axis(length, _multiple(length, n), 1)
    if length - n == other - m:
        return Axis(length, f"n{length - n:+d}".replace("-", "−"), 1)
    return Axis(length, f"~{length}")


def _multiple(length: int, n: int) -> str:
    if length == n:
        return "n"
    times = Fraction(length, n)
    over = f"n/{times.denominator}" if times.denominator > 1 else "n"
    return over if times.numerator == 1 else f"{times.numerator}·{over}"


def axes_of(trace: Trace, other: Trace | None, sizes: Sizes | None) -> dict[int, Axes]:
    """Return the axes of every tensor of `trace`, by number.

    A step is matched with the other trace by its caller, by its type, and by its position among those
    of that call; where a step of a loop has several shapes, the first is compared with the first, and so on. What
    is not found again, as often, keeps plain numbers.
    """
    axes = {number: plain(info.shape) for number, info in trace.tensors.items()}
    if other is None or sizes is None:
        return axes
    places = {name: number for number, name in other.arguments.items()}
    for number, name in trace.arguments.items():
        if name in places:
            pair = (trace.tensors[number].shape,), (other.tensors[places[name]].shape,)
            (axes[number],) = _named(*pair, sizes)
    there = _variants(other)
    here = _variants(trace)
    for place, variants in here.items():
        if len(there.get(place, {})) != len(variants):
            continue
        for shapes, again in zip(variants, there[place], strict=True):
            # How many tensors are stacked, or a tensor is taken apart into, may itself follow the batch.
            known = [
                axis for own, others in zip(shapes, again, strict=True) for axis in _named(own, others, sizes)
            ]
            for step in variants[shapes]:
                for number, named in zip((*step.inputs, *step.outputs), known, strict=True):
                    # What a step makes, it knows best; an input is its maker's to name.
                    if number in step.outputs or not any(axis.name for axis in axes[number]):
                        axes[number] = named
    return axes


_Place = tuple[CallChain, str, int]
_Shapes = tuple[Shape, ...]
_Sides = tuple[_Shapes, _Shapes]
"""The shapes of the inputs of a step, and of its outputs."""


def _variants(trace: Trace) -> Mapping[_Place, dict[_Sides, list[Step]]]:
    """Return the steps by caller and by the shapes of their inputs and outputs, in order."""
    found: dict[_Place, dict[_Sides, list[Step]]] = {}
    seen: dict[tuple[tuple[int, ...], str], int] = {}
    for step in trace.steps:
        counted = step.calls, step.type
        nth = seen[counted] = seen.get(counted, -1) + 1
        inputs, outputs = (
            tuple(trace.tensors[number].shape for number in numbers)
            for numbers in (step.inputs, step.outputs)
        )
        shapes = inputs, outputs
        found.setdefault((step.path, step.type, nth), {}).setdefault(shapes, []).append(step)
    return found


def _named(shapes: _Shapes, again: _Shapes, sizes: Sizes) -> Iterable[Axes]:
    if len(shapes) != len(again):
        return [plain(shape) for shape in shapes]
    return [
        tuple(named_axis(a, b, sizes) for a, b in zip(shape, other, strict=True))
        if len(shape) == len(other)
        else plain(shape)
        for shape, other in zip(shapes, again, strict=True)
    ]


def shown(axes: Axes) -> str:
    """Return axes as a shape is written: ``(n, 4)``, ``(n,)``, ``()``."""
    if len(axes) == 1:
        return f"({axes[0]},)"
    return f"({', '.join(map(str, axes))})"

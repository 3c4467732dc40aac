"""A recording: the ops of one run of a formulation, in order, as plain data with its questions."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Literal

from gradcheck.arrays import Array, Tensor, array_of
from gradcheck.program.ops import ASK_FOR_SHAPE, is_draw
from gradcheck.source import Site, Span, span_of

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """What is known of a tensor without its value. `dtype` is TensorFlow's name, such as ``float32``."""

    shape: Shape
    dtype: str
    size: int = field(init=False, repr=False, compare=False)
    """The number of elements."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", math.prod(self.shape))

    @property
    def floating(self) -> bool:
        """Whether the dtype has a gradient."""
        return self.dtype.startswith(("float", "bfloat", "complex"))


@dataclass(slots=True, eq=False)  # frozen, each of thousands would take three times as long to make
class Op:
    """One op of a run. Inputs and outputs are tensor numbers, unique within the process.

    `site` is the innermost place in the user's own code, or None when none of it was on the stack; `callers`
    are the places around it that had called it, from the inside out.
    """

    index: int
    type: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attributes: Mapping[str, Any]
    site: Site | None
    callers: tuple[Site, ...] = ()

    @property
    def span(self) -> Span | None:
        """The user's expression that called this op."""
        return None if self.site is None else span_of(self.site)


@dataclass(frozen=True, slots=True)
class Layer:
    """A Keras layer.

    Parameters
    ----------
    path
        Its path within its model, or else its name.
    kind
        The name of its class.
    activation
        The name of its activation; "" where it has none.
    """

    path: str
    kind: str
    activation: str


@dataclass(frozen=True)
class Recording:
    """The straight-line program of one run of a formulation.

    Parameters
    ----------
    ops
        In the order of execution.
    tensors
        Shape and dtype of every tensor that any op read or made, by number.
    values
        The tensors themselves, by number; opaque here. Empty after they were released.
    loss
        The number of the tensor that the formulation returned.
    reads
        The tensors that hold (rows of) a variable of the case, by number, with the variable's path.
    custom_gradients
        Where functions with a gradient of their own (`tf.custom_gradient`) were called.
    layers
        The innermost Keras layer that was being called when an activation was made, by the number of its output.
    unasked
        The tensors that a loss of Keras's reshaped, as it does to labels: the author did not ask for it.
    broadcast_by_library
        What ops gave, all of whose operands are broadcast, in a step of installed code, as of a layer.
    """

    ops: tuple[Op, ...]
    tensors: Mapping[int, TensorInfo]
    values: Mapping[int, Tensor]
    loss: int
    reads: Mapping[int, str]
    custom_gradients: tuple[Site, ...]
    layers: Mapping[int, Layer] = field(default_factory=dict)
    unasked: frozenset[int] = frozenset()
    broadcast_by_library: frozenset[int] = frozenset()

    @functools.cached_property
    def _producers(self) -> dict[int, Op]:
        return {output: op for op in self.ops for output in op.outputs}

    def producer(self, tensor: int) -> Op | None:
        """Return the op that made `tensor`, or None for what came from outside: constants, the batch."""
        return self._producers.get(tensor)

    def shapes(self, tensors: Iterable[int]) -> list[Shape]:
        """Return the shapes of `tensors`, in order."""
        return [self.tensors[tensor].shape for tensor in tensors]

    def array(self, tensor: int) -> Array:
        """Return the value that `tensor` had."""
        return array_of(self.values[tensor])

    @functools.cached_property
    def consumers(self) -> Mapping[int, tuple[Op, ...]]:
        """The ops that read each tensor, by number; a tensor that none reads is missing."""
        found: dict[int, list[Op]] = {}
        for op in self.ops:
            for number in op.inputs:
                found.setdefault(number, []).append(op)
        return {number: tuple(ops) for number, ops in found.items()}

    @functools.cached_property
    def last_needed(self) -> Mapping[int, tuple[int, ...]]:
        """The tensors that nothing reads after an op, by the index of the op; the loss is needed to the end."""
        last = {number: op.index for op in self.ops for number in (*op.inputs, *op.outputs)}
        last.pop(self.loss, None)
        found: dict[int, list[int]] = {}
        for number, index in last.items():
            found.setdefault(index, []).append(number)
        return {index: tuple(numbers) for index, numbers in found.items()}

    @functools.cached_property
    def at_site(self) -> Mapping[Site | None, tuple[Op, ...]]:
        """The ops that each place in the source called, in order."""
        found: dict[Site | None, list[Op]] = {}
        for op in self.ops:
            found.setdefault(op.site, []).append(op)
        return {site: tuple(ops) for site, ops in found.items()}

    @functools.cached_property
    def results(self) -> tuple[Op, ...]:
        """The contributing ops whose output is the value of the user's expression, not a step inside it.

        That is: something outside the expression reads the output, or it is the loss.
        """
        return tuple(
            op
            for op in self.ops
            if op.index in self.contributing
            and (
                self.loss in op.outputs
                or any(
                    reader.site != op.site
                    for output in op.outputs
                    for reader in self.consumers.get(output, ())
                )
            )
        )

    @functools.cached_property
    def codes(self) -> tuple[CodeType, ...]:
        """The code that runs an op, or calls what does, in the order in which it is first seen."""
        sites = (site for op in self.ops for site in (op.site, *op.callers))
        return tuple(dict.fromkeys(site.code for site in sites if site is not None))

    @functools.cached_property
    def trainable(self) -> frozenset[int]:
        """The tensors that depend on a variable of the case, through floating tensors alone, by number."""
        found = set(self.reads)
        for op in self.ops:
            if any(number in found for number in op.inputs) and op.type not in ASK_FOR_SHAPE:
                found.update(output for output in op.outputs if self.tensors[output].floating)
        return frozenset(found)

    @functools.cached_property
    def all_draws(self) -> tuple[Op, ...]:
        """The ops that draw random numbers (not those that prepare seeds, or data sets), in order."""
        return tuple(
            op
            for op in self.ops
            if (is_draw(op.type) or DRAWS in op.attributes)
            and op.outputs
            and self.tensors[op.outputs[0]].dtype not in NO_NUMBERS
        )

    @functools.cached_property
    def draws(self) -> tuple[Op, ...]:
        """Those of them that draw for the loss. What leaves TensorFlow and comes back is not seen to."""
        return tuple(op for op in self.all_draws if op.index in self.contributing)

    @functools.cached_property
    def contributing(self) -> frozenset[int]:
        """The indices of the ops whose outputs the loss depends on, directly or not."""
        found: set[int] = set()
        pending = [self.loss]
        while pending:
            op = self.producer(pending.pop())
            if op is not None and op.index not in found:
                found.add(op.index)
                pending.extend(op.inputs)
        return frozenset(found)


SHARED = "shared"
"""The type of an op that is not run, since both sides run it alike, and the attribute with what it was."""

NO_NUMBERS = {"resource", "string", "variant"}
"""The dtypes of tensors whose values are no numbers."""

DRAWS = "gradcheck_draws"
"""The attribute of an op that is a function whose inside is not seen, and draws."""

Draws = Literal["none", "same", "others", "perhaps others", "one side"]
"""Whether the formulations drew random numbers, and if both did, whether these were the same. ``perhaps others``:
they were not, but were perhaps drawn for something other than the loss; it is not seen what for."""


@dataclass(frozen=True)
class Randomness:
    """What is known of the random numbers of one formulation.

    Parameters
    ----------
    draws
        The ops that draw the random numbers in question.
    generators
        The generators outside TensorFlow that the formulation advanced.
    place
        The line in which the first of these advanced.
    disagreement
        The first op that took or gave other values when the formulation ran again from the same state.
    """

    draws: tuple[Op, ...] = ()
    generators: tuple[str, ...] = ()
    place: Span | None = None
    disagreement: Op | None = None


@dataclass(frozen=True)
class CoupledAt:
    """Where samples are combined: `op` gets them separately and combines them; `after` then mixes them.

    Parameters
    ----------
    op
        The first op that gives a number which depends on several samples. What it reads does not; or it is a
        number that did not come from TensorFlow, and `arrives` is true.
    after
        The first op after it, or the same op, whose result is not a sum of contributions of samples.
    """

    op: Op
    after: Op
    arrives: bool = False


@dataclass(frozen=True)
class SampleCoupling:
    """How a recording combines the samples of a batch, measured by changing some of them.

    Parameters
    ----------
    moved
        The tensors that change with the samples, by number.
    meets
        The indices of the ops that bring together what they are given apart.
    meetings
        Where samples are combined so that the loss is not a sum over them; empty if it is one.
    """

    moved: frozenset[int]
    meets: frozenset[int]
    meetings: tuple[CoupledAt, ...]


@dataclass(frozen=True)
class Closing:
    """Where the way of a gradient that is exactly zero, or None, to its variable is closed.

    Parameters
    ----------
    how
        ``zero``: `op` is given a gradient and passes on none but zeros. ``times zero``: it multiplies by
        zeros. ``none``: it has no gradient. ``copied``: what `op` gives reaches the loss as a mere number,
        if at all. ``unread``: the loss never reads the variable.
    op
        The op that closes the way, or the last on it; None where the variable is not read.
    zeros
        What made the zeros that it multiplies by.
    variable
        The path of the variable that is these zeros.
    """

    how: Literal["zero", "times zero", "none", "copied", "unread"]
    op: Op | None = None
    zeros: Op | None = None
    variable: str | None = None


@dataclass(frozen=True)
class Breakdown:
    """The op at which the numbers of a formulation break down.

    Parameters
    ----------
    what
        ``value``: what it gives is not finite though what it is given is; ``precision``: it gives less
        than two digits of what float64 gives; ``coarse``: it rounds to a dtype with fewer digits, and
        what is made of that has less than two; ``gradient``: in the backward pass, it passes on a
        gradient that is not finite though the one it is given is; ``lost``: likewise, one that has lost
        its precision.
    dtype
        That of the numbers in question.
    finite_in_float64
        Whether they are finite in float64; None where that is not known, in a gradient that is written by hand.
    underflowed
        The share of them that is zero, and not so in float64.
    """

    op: Op
    what: Literal["value", "precision", "coarse", "gradient", "lost"]
    dtype: str
    finite_in_float64: bool | None
    underflowed: float = 0.0

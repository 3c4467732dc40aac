"""When broadcast operands are a mistake, as far as a single run can tell.

One run shows lengths, but not which of them is the number of samples. So only operations that were very likely
meant element by element are suspected: operands with the same axes except for those of length 1, whose samples
are broadcast against each other, and none of which was given its shape for this purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal, NamedTuple

from gradcheck.program.ops import GIVE_AXIS, WITHOUT_SAMPLES

Partial = tuple[int | None, ...]
"""A shape as far as it is known: None is a length that is known only when the function runs."""

OriginKind = Literal["axis", "constant", "norm", "parameter", "range", "same", "square"]


class Origin(NamedTuple):
    """What is remembered of how a tensor was made.

    Parameters
    ----------
    kind
        ``axis``: it was given an axis of length 1 for its own sake. ``range``, ``constant``, ``parameter``:
        it has no samples. ``square``, ``norm``: squares, and a sum of them. ``same``: the elements of
        `root` in another shape.
    root
        The tensor whose elements it holds, each for itself perhaps computed further.
    """

    kind: OriginKind
    root: Hashable


class Known(NamedTuple):
    """A tensor, by anything that identifies it, and its shape."""

    number: Hashable
    shape: Partial


Likeness = Literal["alike", "unlike"]
"""How samples are combined: those of operands that have the same lengths, or of others."""


def likeness(one: Partial, other: Partial) -> Likeness | None:
    """Return how two operands are broadcast against each other, or None if they are not.

    ``alike``: they have the same axes but for those of length 1, and were probably meant element by
    element. ``unlike``: they cannot have been; what did this did so on purpose.
    """
    rank = max(len(one), len(other))
    a, b = ((1,) * (rank - len(shape)) + shape for shape in (one, other))
    first, second = _repeated(a, b), _repeated(b, a)
    if not (first and second and 0 in first | second):  # sharing axis 0, samples are kept apart
        return None
    unknown = None in one or None in other
    if _lengths(one) != _lengths(other):
        return None if unknown else "unlike"
    # Where the number of samples is unknown, an axis of known length is not theirs.
    grown = [b[axis] for axis in first] + [a[axis] for axis in second]
    return "alike" if None in grown or not unknown else None


def _lengths(shape: Partial) -> list[int]:
    return sorted(-1 if length is None else length for length in shape if length != 1)


def _repeated(own: Partial, other: Partial) -> set[int]:
    """Return the axes along which `own` is repeated to fit `other`."""
    return {axis for axis, (a, b) in enumerate(zip(own, other, strict=True)) if a == 1 and b not in (0, 1)}


HAVE_ORIGIN = GIVE_AXIS | WITHOUT_SAMPLES.keys() | {"Einsum", "Pow", "Square", "Squeeze"}
"""Ops whose results may be remembered, whatever they are made of.

Of others only those that pass on what their operand is, a product of a tensor with itself, and a sum of squares.
"""


def source(op_type: str, inputs: Sequence[Known], made: Known) -> int | None:
    """Return which input the origin of what an op made depends on; None where it depends on none."""
    if op_type in WITHOUT_SAMPLES or not inputs or _is_square(op_type, inputs):
        return None
    if op_type in GIVE_AXIS or op_type in ("Squeeze", "Sum") or _is_permutation(op_type, inputs, made):
        return 0
    # Each element of the one operand that is not a scalar became an element of the result.
    arrays = [number for number, each in enumerate(inputs) if each.shape != ()]
    return arrays[0] if len(arrays) == 1 and inputs[arrays[0]].shape == made.shape else None


def origin(
    op_type: str, inputs: Sequence[Known], made: Known, asked: bool, before: Origin | None
) -> Origin | None:
    """Return what is worth remembering of the tensor that an op made.

    Parameters
    ----------
    asked
        Whether the op is told to give an axis of length 1, by an index (`x[:, None]`), or to put its axes
        into another order, by an equation (``ij->ji``).
    before
        What is remembered of the input that `source` names.
    """
    if op_type in WITHOUT_SAMPLES or not inputs:
        kind = WITHOUT_SAMPLES.get(op_type)
        return None if kind is None else Origin(kind, made.number)
    if op_type == "Einsum" and asked:
        return _reordered(inputs, made, before)
    if op_type in GIVE_AXIS or op_type == "Squeeze":
        return _reshaped(op_type, inputs[0], made, asked, before)
    if _is_square(op_type, inputs):
        return Origin("square", made.number)
    if before is not None and before.kind == "square":
        return Origin("norm", made.number) if op_type == "Sum" else None
    return None if op_type == "Sum" else before


def _reshaped(op_type: str, given: Known, made: Known, asked: bool, before: Origin | None) -> Origin | None:
    root = given.number if before is None else before.root
    if op_type == "StridedSlice":
        # `x[:, :1]` has an axis of length 1 too, but it was not requested.
        if asked:
            return Origin("axis", root)
        return Origin("same", root) if _lengths(given.shape) == _lengths(made.shape) else None
    if given.shape != made.shape and 1 in made.shape and op_type != "Squeeze":
        return Origin("axis", root)
    return Origin("same", root)


def _reordered(inputs: Sequence[Known], made: Known, before: Origin | None) -> Origin | None:
    """Return the origin of what an einsum made whose axes are in another order than its operands have them.

    Of one operand with all of its axes it is the transpose. Of others it is the transpose of what they make.
    """
    if _is_permutation("Einsum", inputs, made):
        return _reshaped("Transpose", inputs[0], made, True, before)
    return Origin("axis", made.number) if 1 in made.shape else None


def _is_permutation(op_type: str, inputs: Sequence[Known], made: Known) -> bool:
    return op_type == "Einsum" and len(inputs) == 1 and len(inputs[0].shape) == len(made.shape)


def puts_into_another_order(equation: str) -> bool:
    """Return whether the result of an einsum has axes in another order than its operands, one after the other."""
    operands, _, result = equation.replace(" ", "").replace("...", ".").partition("->")
    wanted = [axis for axis in dict.fromkeys(operands.replace(",", "")) if axis in result]
    return wanted != list(result)


def _is_square(op_type: str, inputs: Sequence[Known]) -> bool:
    if op_type == "Mul":
        return inputs[0].number == inputs[1].number
    return op_type == "Square" or (op_type == "Pow" and inputs[1].shape == ())


def meant(one: Known, other: Known, known: Callable[[Hashable], Origin | None]) -> bool:
    """Return whether the operands' origins show that all pairs are intended, or that these are no samples."""
    found = [known(operand.number) for operand in (one, other)]
    kinds = [None if each is None else each.kind for each in found]
    if any(kind in ("axis", "constant", "parameter", "range") for kind in kinds):
        return True
    if kinds == ["norm", "norm"]:  # |a|² + |b|² of all pairs: distances
        return True
    roots = [
        operand.number if each is None else each.root
        for operand, each in zip((one, other), found, strict=True)
    ]
    # Paired with itself, element by element, nothing would come of it.
    return roots[0] == roots[1]


class Memory:
    """What was remembered last; the oldest is forgotten. Holds numbers of tensors, and no tensor."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._recent: dict[Hashable, Origin] = {}
        self._older: dict[Hashable, Origin] = {}

    def __contains__(self, number: Hashable) -> bool:
        return number in self._recent or number in self._older

    def get(self, number: Hashable) -> Origin | None:
        """Return what is remembered of a tensor."""
        return self._recent.get(number) or self._older.get(number)

    def keep(self, number: Hashable, made: Origin) -> None:
        """Remember how a tensor was made."""
        if len(self._recent) >= self._limit:
            self._recent, self._older = {}, self._recent
        self._recent[number] = made

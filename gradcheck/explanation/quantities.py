"""What the names of a function stand for: quantities, of which one may have been meant for another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import FunctionType
from typing import Any

import numpy as np

_MOST = 60
"""Of how many names of a function others are looked for."""


def quantities(names: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is written for the values of names, for what objects keep, and for the entries of a batch."""
    for name, value in list(names.items())[:_MOST]:
        if not name.strip("_"):
            continue  # what is thrown away, nobody reads
        yield name, value
        yield from ((f"{name}.{key}", one) for key, one in _kept(value))
        if type(value) is dict:  # another mapping may read a file, or raise
            yield from ((f'{name}["{key}"]', one) for key, one in value.items() if isinstance(key, str))


def _kept(value: Any) -> list[tuple[str, Any]]:
    """Return the numbers, arrays and layers that an object of a class of the user's own keeps.

    No property is asked.
    """
    if not _is_of_ones_own(value):
        return []
    try:  # as `object` does it: a class of the user's own may look names up otherwise
        kept = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return []
    if type(kept) is not dict:
        return []
    public = ((name, one) for name, one in kept.items() if isinstance(name, str) and not name.startswith("_"))
    return [(name, one) for name, one in public if _is_of_use(one)][:_MOST]


def _is_of_use(value: Any) -> bool:
    """Return whether a value is a number, an array or a layer; a function may be the reference itself."""
    return isinstance(value, int | float) or is_array(value) or hasattr(type(value), "trainable_variables")


_OF_PYTHON = ("builtins", "types", "typing", "functools", "collections")


def kind_of(value: Any) -> object:
    """Return what two values have in common of which one may stand for the other; None of which none may."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return type(value)
    if is_array(value):
        of_what = str(getattr(value.dtype, "name", value.dtype))[:3]
        return None if of_what in _NO_NUMBERS else (of_what, shape_of(value))
    if isinstance(value, list | tuple):
        return type(value), len(value)
    if isinstance(value, FunctionType):
        return FunctionType, value.__code__.co_argcount
    return type(value) if callable(value) or _is_of_ones_own(value) else None


def _is_of_ones_own(value: Any) -> bool:
    """Return whether a value is an object of a class of the user's own."""
    return not isinstance(value, type) and type(value).__module__.partition(".")[0] not in (
        *_LIBRARIES,
        *_OF_PYTHON,
    )


_NO_NUMBERS = ("res", "var", "obj", "str")
"""How the names of the dtypes begin that hold no numbers: resource, variant, object and string."""


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of an array."""
    try:
        return tuple(map(int, value.shape))
    except (TypeError, ValueError):  # of a variable whose shape may change
        return np.asarray(value).shape


def is_array(value: Any) -> bool:
    """Return whether a value is an array or tensor that has numbers."""
    # A property of a class of the user's own may raise anything.
    known = type(value).__module__.partition(".")[0] in _LIBRARIES
    # What is symbolic, as a `KerasTensor`, has a shape and no numbers.
    has_numbers = isinstance(value, np.ndarray | np.generic) or hasattr(type(value), "numpy")
    return known and has_numbers and all(hasattr(type(value), name) for name in ("shape", "dtype"))


_LIBRARIES = ("numpy", "tensorflow", "keras", "tf_keras")


def says_what_counts(value: Any) -> bool:
    """Return whether an array holds zeros and ones, some of each."""
    array = np.asarray(value)
    if array.dtype.kind not in "bf" or array.size > LARGEST_MASK:
        return False
    return bool(array.any()) and not array.all() and bool(((array == 0) | (array == 1)).all())


def are_lengths(value: Any) -> bool:
    """Return whether an array may hold the lengths of sequences: one for each sample, and not all the same."""
    array = np.asarray(value)
    return array.ndim == 1 and array.size > 1 and bool((array > 0).all()) and len(np.unique(array)) > 1


LARGEST_MASK = 100_000


def is_quantity(value: Any) -> bool:
    """Return whether a value is a number or an array, or holds several values."""
    return isinstance(value, bool | int | float | list | tuple) or is_array(value)


def may_stand_for(
    own: str,
    other: str,
    kinds: Mapping[str, object],
    known: Mapping[str, Any],
    *,
    entries: Collection[str],
    twins: bool,
) -> bool:
    """Return whether one of two names may have been meant where the other is written.

    Not one of the same value, but as a twin; and no number so much larger that what it counts would not end. Of
    the entries of a batch, one may be longer than another, as lists of edges are.
    """
    alike = kinds[own] == kinds[other] or (
        _are_of_a_kind(kinds[own], kinds[other]) and all(entry_named(one) in entries for one in (own, other))
    )
    if own == other or not alike or known[own] is known[other]:
        return False
    one, two = known[own], known[other]
    if isinstance(one, int | float):
        return not twins and bool(one != two) and abs(two) <= max(_SMALL, 4 * abs(one))
    return not is_array(one) or np.array_equal(np.asarray(one), np.asarray(two)) == twins


def entry_named(text: str) -> str:
    """Return which entry of a batch is written: as a key, or as a parameter of its name."""
    return text.rpartition("[")[2].strip("]\"'")


def _are_of_a_kind(own: object, other: object) -> bool:
    """Return whether two kinds are of arrays with as many axes, and of numbers of a kind."""
    match own, other:
        case (str(one), tuple(shape)), (str(another), tuple(other_shape)):
            return one == another and len(shape) == len(other_shape)
    return False


_SMALL = 16


def fits(own: object, other: object) -> bool:
    """Return whether a quantity keeps its shape when it is multiplied by another one."""
    match own, other:
        case ("flo" | "bfl" as one, tuple(shape)), ("flo" | "bfl" as two, tuple(another)):
            try:
                return one == two and np.broadcast_shapes(shape, another) == shape
            except ValueError:
                return False
        case ("flo" | "bfl", tuple()), _:
            return other is float
    return False

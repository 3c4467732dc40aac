"""Arrays for a function that has no case yet: from a spec such as ``x=float32[32,4]``, or from a file."""

from __future__ import annotations

import math
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError, TargetError
from gradcheck.system.memory import shortage
from gradcheck.targets import batches, npz
from gradcheck.targets.folders import is_file

_SPEC = re.compile(r"(?P<dtype>[a-z]+\d*)\[(?P<shape>[\d\s,]*)\]")
_EXAMPLE = "--input x=float32[32,4]"
_KINDS = "float16, float32, float64, int8 to int64, uint8 to uint64, bool, complex64, complex128"


def inputs_from(specs: Sequence[str], seed: int) -> dict[str, Any]:
    """Return arrays, or nests of them, by name, from specs as on a command line.

    Parameters
    ----------
    specs
        Each ``NAME=DTYPE[SHAPE]``, or the name of an npz file, all of whose arrays are taken; of one that
        ``gradcheck diff --save-batch`` wrote, the batch.
    seed
        Of what is drawn: floats from a standard normal distribution; integers 0 or 1, which are indices
        that fit every axis but one of length 1; booleans.

    Raises
    ------
    TargetError
        A spec or a file cannot be read, the array does not fit into memory, or a name is given twice.
    """
    random = np.random.default_rng(seed)
    arrays: dict[str, Any] = {}
    for spec in specs:
        given = _from_spec(spec, random) if _is_spec(spec) else _from_file(spec)
        for name, array in given.items():
            if name in arrays:
                raise TargetError(f"--input {spec}: `{name}` is given twice")
            arrays[name] = array
    return arrays


def _is_spec(given: str) -> bool:
    return "=" in given and not is_file(pathlib.Path(given))


def _from_spec(spec: str, random: np.random.Generator) -> dict[str, Array]:
    name, _, rest = spec.partition("=")
    if not name.strip().isidentifier():
        raise TargetError(f"--input {spec}: {name!r} is not a name; expected for example {_EXAMPLE}")
    return {name.strip(): drawn(rest.strip(), random)}


def drawn(spec: str, random: np.random.Generator) -> Array:
    """Return an array of random numbers of the dtype and shape in a spec such as ``float32[32,4]``."""
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise TargetError(
            f"{spec!r} is not a spec: expected a dtype and a shape, "
            "for example float32[32,4], int32[32] or float32[]"
        )
    lengths = [text.strip() for text in match["shape"].split(",")]
    if lengths[-1] == "":  # as in [32,] and []
        lengths.pop()
    if "" in lengths:
        raise TargetError(f"{spec!r} is not a spec: a length is missing between two commas")
    if not all(length.isdecimal() for length in lengths):
        raise TargetError(f"{spec!r} is not a spec: a comma is missing between two lengths")
    try:
        shape = tuple(int(length) for length in lengths)
    except ValueError as error:  # Python reads no number of thousands of digits
        raise TargetError(f"{_short(spec)!r} is too large: {error}") from error
    return _of_dtype(spec, match["dtype"], shape, random)


def _of_dtype(spec: str, name: str, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    try:
        dtype = np.dtype(name)
    except TypeError:
        raise TargetError(
            f"{spec!r} is not a spec: there is no dtype {name!r}; expected one of {_KINDS}"
        ) from None
    if dtype.kind not in "iubfc":
        raise TargetError(f"{spec!r} is not a spec: {name!r} is not numeric; expected one of {_KINDS}")
    # Numbers are drawn with eight bytes each, and then converted.
    lacking = shortage(math.prod(shape) * (8 + 2 * dtype.itemsize))
    if lacking:
        raise TargetError(f"{_short(spec)!r} is too large: {lacking}")
    try:
        return _numbers(dtype, shape, random)
    except (
        ValueError,
        OverflowError,
        MemoryError,
    ) as error:  # what NumPy says of too many axes, or too long ones
        raise TargetError(f"{_short(spec)!r} cannot be an array: {error}") from error


def _numbers(dtype: np.dtype[Any], shape: tuple[int, ...], random: np.random.Generator) -> Array:
    if dtype.kind in "iub":
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "f":
        return random.standard_normal(shape).astype(dtype)
    return (random.standard_normal(shape) + 1j * random.standard_normal(shape)).astype(dtype)


def _short(spec: str) -> str:
    return spec if len(spec) <= _SHOWN else f"{spec[:_SHOWN]}…"


_SHOWN = 60
"""How much is repeated of what was given, in characters: what is too large may be very long."""


def _from_file(given: str) -> dict[str, Any]:
    path = pathlib.Path(given)
    if path.suffix != ".npz" and not is_file(path):
        raise TargetError(
            f"--input {given}: expected NAME=DTYPE[SHAPE], as {_EXAMPLE}, or an npz file, as np.savez and "
            "gradcheck diff --save-batch write"
        )
    try:
        arrays = npz.read(path)
        return batches.as_saved(path, arrays) if batches.is_batch(arrays) else dict(arrays)
    except GradcheckError as error:
        raise TargetError(f"--input: {error}") from error


def arrays_of(inputs: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return `inputs` with every spec in it, a string, replaced by an array."""
    random = np.random.default_rng(seed)
    return {name: drawn(given, random) if isinstance(given, str) else given for name, given in inputs.items()}

"""Arrays for a function that has no case yet: from a spec such as ``x=float32[32,4]``, or from a file."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import TargetError

Array = np.ndarray[Any, Any]

_SPEC = re.compile(r"(?P<dtype>[a-z]+\d*)\[(?P<shape>[\d\s,]*)\]")
_EXAMPLE = "--input x=float32[32,4]"
_KINDS = "float16, float32, float64, int8 to int64, uint8 to uint64, bool, complex64, complex128"


def inputs_from(specs: Sequence[str], seed: int) -> dict[str, Array]:
    """Return arrays by name, from specs as on a command line.

    Parameters
    ----------
    specs
        Each ``NAME=DTYPE[SHAPE]``, or the name of an npz file, all of whose arrays are taken.
    seed
        Of what is drawn: floats from a standard normal distribution; integers 0 or 1, which are indices
        that fit every axis but one of length 1; booleans.

    Raises
    ------
    TargetError
        A spec cannot be read, or a name is given twice.
    """
    random = np.random.default_rng(seed)
    arrays: dict[str, Array] = {}
    for spec in specs:
        given = _from_spec(spec, random) if "=" in spec else _from_file(spec)
        for name, array in given.items():
            if name in arrays:
                raise TargetError(f"--input {spec}: `{name}` is given twice")
            arrays[name] = array
    return arrays


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
    return _of_dtype(spec, match["dtype"], tuple(int(length) for length in lengths), random)


def _of_dtype(spec: str, name: str, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    try:
        dtype = np.dtype(name)
    except TypeError:
        raise TargetError(
            f"{spec!r} is not a spec: there is no dtype {name!r}; expected one of {_KINDS}"
        ) from None
    if dtype.kind in "iu":
        return random.integers(0, 2, shape).astype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.kind == "f":
        return random.standard_normal(shape).astype(dtype)
    if dtype.kind == "c":
        return (random.standard_normal(shape) + 1j * random.standard_normal(shape)).astype(dtype)
    raise TargetError(f"{spec!r} is not a spec: {name!r} holds no numbers; expected one of {_KINDS}")


def _from_file(path: str) -> dict[str, Array]:
    if not path.endswith(".npz"):
        raise TargetError(
            f"--input {path}: expected NAME=DTYPE[SHAPE], as {_EXAMPLE}, or a file that ends in .npz"
        )
    try:
        with np.load(pathlib.Path(path), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise TargetError(f"--input {path}: there is no such file") from None
    except Exception as error:  # a damaged file fails in many ways
        raise TargetError(f"--input {path} cannot be read as an npz file: {error}") from error


def arrays_of(inputs: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return `inputs` with every spec in it, a string, replaced by an array."""
    random = np.random.default_rng(seed)
    return {name: drawn(given, random) if isinstance(given, str) else given for name, given in inputs.items()}

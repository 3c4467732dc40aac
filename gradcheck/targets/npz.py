"""Arrays in an npz file, which may be untrusted or damaged."""

from __future__ import annotations

import math
import pathlib
import zipfile
from typing import IO

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError, said
from gradcheck.system.memory import shortage

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class ArrayFileError(GradcheckError):
    """A file of arrays cannot be read; the message names the file, and the array where it is one."""


def read(path: pathlib.Path) -> dict[str, Array]:
    """Return the arrays in the npz file at `path`, by name.

    Nothing is allocated before the declared size of an array was compared with the size in the file, and
    against the memory that there is. Pickled objects are refused: to load them runs code.

    Raises
    ------
    ArrayFileError
        The file is missing, is not an npz file, is damaged or encrypted, or contains something other than arrays.
    """
    try:
        with path.open("rb") as file:
            return _read(path, file)
    except FileNotFoundError as error:
        raise ArrayFileError(f"{path} does not exist") from error
    except OSError as error:
        raise ArrayFileError(f"cannot read {path}: {error.strerror or error}") from error


def _read(path: pathlib.Path, file: IO[bytes]) -> dict[str, Array]:
    if file.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX:
        raise ArrayFileError(
            f"{path} contains a single array without a name (npy); expected an npz file, as np.savez writes: "
            "np.savez(FILE, name=array)"
        )
    try:
        with zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            return {info.filename.removesuffix(".npy"): _array(path, archive, info) for info in members}
    except (GradcheckError, OSError):
        raise
    except MemoryError as error:
        raise ArrayFileError(f"{path} does not fit into memory: {said(error)}") from error
    except Exception as error:  # a damaged file fails in many ways, which zipfile and NumPy do not list
        raise ArrayFileError(
            f"{path} cannot be read as an npz file: is it damaged? ({said(error)})"
        ) from error


def _array(path: pathlib.Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    if info.flag_bits & 1:
        raise ArrayFileError(f"{path} is encrypted: expected an npz file without a password")
    with archive.open(info) as member:
        _check_claim(f"`{info.filename}` in {path}", member, info.file_size)
    with archive.open(info) as member:
        array: Array = np.lib.format.read_array(member, allow_pickle=False)
        return array


def _check_claim(what: str, member: IO[bytes], size: int) -> None:
    """Hold what the header of an array says against the `size` of the whole, in bytes."""
    if member.read(len(np.lib.format.MAGIC_PREFIX)) != np.lib.format.MAGIC_PREFIX:
        raise ArrayFileError(
            f"{what} is not an array: expected an npz file, as np.savez writes, with only arrays"
        )
    version = tuple(member.read(2))
    if version not in _HEADERS:
        raise ArrayFileError(f"{what} is written in version {version} of NumPy's format; expected 1.0 or 2.0")
    shape, _, dtype = _HEADERS[version](member)
    if dtype.hasobject:
        raise ArrayFileError(
            f"{what} contains Python objects, which are not loaded; expected numbers or text"
        )
    claimed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or claimed > size - member.tell():
        raise ArrayFileError(
            f"{what} is damaged: its header declares shape {shape}, {claimed} bytes, but the file has "
            f"{size - member.tell()}"
        )
    if lacking := shortage(claimed):
        raise ArrayFileError(f"{what} is too large: {lacking}")

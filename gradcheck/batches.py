"""A batch in a file, so that somebody else compares on the very same one. NumPy's npz, without pickles."""

from __future__ import annotations

import json
import pathlib
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.errors import GradcheckError

_ABOUT = "gradcheck"
_BATCH = "batch/"  # keeps a batch's `file` from being taken for a parameter of np.savez


class BatchFileError(GradcheckError):
    """A batch cannot be written to a file, or read from it."""


def save(path: pathlib.Path, batch: Mapping[str, Any], *, seed: int) -> None:
    """Write the arrays of `batch` to `path`, each under its place in the nest, with the seed of the run."""
    arrays = {_BATCH + place: _plain(place, leaf) for place, leaf in leaves(batch)}
    arrays[_ABOUT] = np.array(json.dumps({"seed": seed}))
    try:
        with path.open("wb") as file:
            # The stub knows one keyword by name, and takes every other for it.
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise BatchFileError(f"cannot write {path}: {error.strerror}") from error


def load(path: pathlib.Path, like: Mapping[str, Any]) -> dict[str, Any]:
    """Return the batch in `path`.

    Parameters
    ----------
    like
        The batch that the case makes itself: the one in the file has to have its names and dtypes, and
        its shapes but for the number of samples.

    Raises
    ------
    BatchFileError
        The file is missing, damaged, not a batch of gradcheck's, or does not fit the case.
    """
    arrays = _read(path)
    wanted = {place: _plain(place, leaf) for place, leaf in leaves(like)}
    for place, array in wanted.items():
        if place not in arrays:
            raise BatchFileError(f"{path} holds no array `{place}`, which the case needs")
        _check_fit(path, place, arrays[place], array)
    surplus = [place for place in arrays if place not in wanted]
    if surplus:
        raise BatchFileError(f"{path} holds an array `{surplus[0]}`, which the case does not have")
    loaded: dict[str, Any] = replace_leaves(like, arrays)
    return loaded


def leaves(nest: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every array of a batch with its place in the nest, such as ``nets/0/weights``."""
    for key, item in _items(nest):
        inner = f"{place}/{key}" if place else str(key)
        if _items(item):
            yield from leaves(item, inner)
        else:
            yield inner, item


def replace_leaves(nest: Any, arrays: Mapping[str, Any], place: str = "") -> Any:
    """Return a nest like `nest` with the arrays of `arrays` in their places."""
    if place in arrays:
        return arrays[place]
    if isinstance(nest, Mapping):
        return {key: replace_leaves(item, arrays, f"{place}/{key}".lstrip("/")) for key, item in nest.items()}
    items = [replace_leaves(item, arrays, f"{place}/{number}") for number, item in enumerate(nest)]
    return type(nest)(*items) if hasattr(nest, "_fields") else type(nest)(items)


def _items(nest: Any) -> list[tuple[Any, Any]]:
    if isinstance(nest, Mapping):
        return list(nest.items())
    if isinstance(nest, list | tuple) and any(_items(item) or hasattr(item, "shape") for item in nest):
        return list(enumerate(nest))
    return []


def _plain(place: str, leaf: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(leaf.numpy() if hasattr(leaf, "numpy") else leaf)
    if array.dtype.kind not in "biufcSU":
        raise BatchFileError(f"`{place}` of dtype {array.dtype} cannot be kept in a batch file")
    return array


def _read(path: pathlib.Path) -> dict[str, np.ndarray[Any, Any]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise BatchFileError(f"{path} does not exist") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise BatchFileError(f"{path} cannot be read as a batch file: is it damaged? ({error})") from error
    if _ABOUT not in arrays:
        raise BatchFileError(f"{path} was not written by gradcheck --save-batch")
    return {name.removeprefix(_BATCH): array for name, array in arrays.items() if name != _ABOUT}


def _check_fit(
    path: pathlib.Path, place: str, found: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]
) -> None:
    if found.dtype != wanted.dtype:
        raise BatchFileError(f"`{place}` in {path} is {found.dtype}; the case needs {wanted.dtype}")
    if found.ndim != wanted.ndim or found.shape[1:] != wanted.shape[1:]:
        raise BatchFileError(
            f"`{place}` in {path} has the shape {found.shape}; the case needs {('n', *wanted.shape[1:])}"
        )

"""A batch in a file, so that others can compare on exactly the same batch. NumPy's npz, without pickles."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.targets import npz

_ABOUT = "gradcheck"
_BATCH = "batch/"  # keeps a batch's `file` from being taken for a parameter of np.savez


class BatchFileError(GradcheckError):
    """A batch cannot be written to a file, or read from it."""


def save(path: pathlib.Path, batch: Mapping[str, Any], *, seed: int) -> None:
    """Write the arrays of `batch` to `path`, each under its place in the nest, with the seed of the run."""
    arrays = {_BATCH + place: _plain(place, leaf) for place, leaf in leaves(batch)}
    arrays[_ABOUT] = np.array(json.dumps({"seed": seed, "nest": outline(batch)}))
    try:
        with path.open("wb") as file:
            # The stub knows one keyword by name, and takes every other for it.
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise BatchFileError(f"cannot write {path}: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise BatchFileError(f"cannot write {path}: a name in the batch is not text: {error}") from error


def load(path: pathlib.Path, like: Mapping[str, Any]) -> dict[str, Any]:
    """Return the batch in `path`.

    Parameters
    ----------
    like
        The batch that the case makes itself: the one in the file has to have its names and dtypes, and
        its shapes but for the number of samples.

    Raises
    ------
    ArrayFileError
        The file is missing, damaged, or holds something other than arrays.
    BatchFileError
        It is not a batch of gradcheck's, or does not fit the case.
    """
    arrays = npz.read(path)
    if not is_batch(arrays):
        raise BatchFileError(f"{path} was not written by gradcheck --save-batch")
    arrays = _by_place(arrays)
    wanted = {place: _plain(place, leaf) for place, leaf in leaves(like)}
    for place, array in wanted.items():
        if place not in arrays:
            raise BatchFileError(f"{path} has no array `{place}`, which the case needs")
        _check_fit(path, place, arrays[place], array)
    surplus = [place for place in arrays if place not in wanted]
    if surplus:
        raise BatchFileError(f"{path} has an array `{surplus[0]}`, which the case does not have")
    loaded: dict[str, Any] = replace_leaves(like, arrays)
    return loaded


def is_batch(arrays: Mapping[str, Any]) -> bool:
    """Return whether the arrays of a file are a batch that `save` wrote."""
    return _ABOUT in arrays


def as_saved(path: pathlib.Path, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return the batch that `save` wrote, from the arrays of its file at `path`, in the nest that it was.

    A named tuple comes back as a tuple. A `BatchFileError` says that the description of the nest is damaged.
    """
    try:
        built: dict[str, Any] = nested(json.loads(str(arrays[_ABOUT]))["nest"], _by_place(arrays))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BatchFileError(
            f"{path} does not say how its batch is nested: is it damaged? ({error!r})"
        ) from error
    return built


def _by_place(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(_BATCH): array for name, array in arrays.items() if name != _ABOUT}


def outline(nest: Any, place: str = "") -> Any:
    """Return how `nest` is nested, for JSON: the place of an array, or the kind of a nest and its items."""
    items = _items(nest)
    if not items:
        return place
    kind = "dict" if isinstance(nest, Mapping) else "tuple" if isinstance(nest, tuple) else "list"
    return {kind: [[key, outline(item, f"{place}/{key}".lstrip("/"))] for key, item in items]}


def nested(outline: Any, arrays: Mapping[str, Any]) -> Any:
    """Return the nest that `outline` describes, with the arrays that belong to its places."""
    if isinstance(outline, str):
        return arrays[outline]
    ((kind, items),) = outline.items()
    built = {key: nested(item, arrays) for key, item in items}
    return built if kind == "dict" else {"tuple": tuple, "list": list}[kind](built.values())


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
    # Not optree: it sorts the keys of a dict, and takes the dict of a tf.Module and other mappings for leaves.
    if isinstance(nest, Mapping):
        return list(nest.items())
    if isinstance(nest, list | tuple) and any(_items(item) or hasattr(item, "shape") for item in nest):
        return list(enumerate(nest))
    return []


def _plain(place: str, leaf: Any) -> Array:
    array = np.asarray(leaf.numpy() if hasattr(leaf, "numpy") else leaf)
    if array.dtype.kind not in "biufcSU":
        raise BatchFileError(f"`{place}` of dtype {array.dtype} cannot be stored in a batch file")
    return array


def _check_fit(path: pathlib.Path, place: str, found: Array, wanted: Array) -> None:
    if found.dtype != wanted.dtype:
        raise BatchFileError(f"`{place}` in {path} is {found.dtype}; the case needs {wanted.dtype}")
    if found.ndim != wanted.ndim or found.shape[1:] != wanted.shape[1:]:
        raise BatchFileError(
            f"`{place}` in {path} has the shape {found.shape}; the case needs {('n', *wanted.shape[1:])}"
        )

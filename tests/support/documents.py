"""JSON documents: their schemas, and copies of them in which one thing is another."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema

from gradcheck.report.schema import schema_of

Path = tuple[str | int, ...]


def validator(command: str) -> jsonschema.Draft202012Validator:
    """Return what validates the documents of a command."""
    return jsonschema.Draft202012Validator(schema_of(command))


def places(thing: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path to every value in a document."""
    items = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def at(document: Any, path: Path) -> Any:
    """Return what is at a path."""
    for key in path:
        document = document[key]
    return document


def changed(document: Any, path: Path, change: Any) -> Any:
    """Return a copy of `document` in which `change(container, key)` was called at `path`."""
    document = copy.deepcopy(document)
    change(at(document, path[:-1]), path[-1])
    return document


def one_of_each_kind(document: Any) -> list[Path]:
    """Return the paths to all fields, one for those that differ in list positions alone."""
    kinds = {tuple("*" if isinstance(key, int) else key for key in path): path for path in places(document)}
    return [path for path in kinds.values() if isinstance(path[-1], str)]


def add_another(container: Any, key: str) -> None:
    """Add a field that no document has."""
    container[f"{key}_too"] = 1


def replace_by_an_object(container: Any, key: str) -> None:
    """Put an object that no document has in place of a value."""
    container[key] = {"unforeseen": True}

"""JSON schemas of the documents, made from their types.

The types are those that `to_dict` returns, which mypy holds against what is written; so a schema says what the
code of the same version does.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin

from gradcheck import causes
from gradcheck.comparison.document import DiffDocument, LossDocument, ReportDocument
from gradcheck.documents import AtLeast, CauseNames, Named, NotEmpty
from gradcheck.fuzzing.document import FuzzDocument
from gradcheck.report.run_document import RunDocument
from gradcheck.running.document import ModesDocument
from gradcheck.tracing.document import ShapesDocument

DOCUMENTS: Mapping[str, Any] = {
    "diff": DiffDocument,
    "shapes": ShapesDocument,
    "fuzz": FuzzDocument,
    "run": RunDocument,
    "modes": ModesDocument,
}
"""The type of the document of each command that writes one."""

VERSION = 1
"""That of all documents: their field `schema`."""

Schema = dict[str, Any]


def schema_of(command: str) -> Schema:
    """Return the JSON schema (draft 2020-12) of the document that a command writes.

    Parameters
    ----------
    command
        One of `DOCUMENTS`.

    Returns
    -------
    dict
        It is complete by itself. It is strict: fields that a later version adds are not valid in it.
    """
    maker = _Maker()
    document = maker.object_of(DOCUMENTS[command])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gradcheck:schema:{command}:{VERSION}",
        "title": f"gradcheck {command}",
        **document,
        "$defs": {name: maker.defined[name] for name in sorted(maker.defined)},
    }


def to_text(command: str) -> str:
    """Return the schema of a command's document as text."""
    return json.dumps(schema_of(command), indent=2, ensure_ascii=False) + "\n"


class _Maker:
    """Makes one schema; what has a name is described once, under `$defs`."""

    def __init__(self) -> None:
        self.defined: dict[str, Schema] = {}

    def object_of(self, document: Any) -> Schema:
        """Return the schema of a `TypedDict`."""
        fields = typing.get_type_hints(document, include_extras=True)
        return {
            "description": " ".join(inspect.cleandoc(document.__doc__).replace("``", "`").split()),
            "type": "object",
            "required": [name for name, field in fields.items() if _is_required(document, name, field)],
            "additionalProperties": False,
            "properties": {name: self._of(field) for name, field in fields.items()},
            **_RULES.get(document, {}),
        }

    def _of(self, kind: Any) -> Schema:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is not None:
            return self._MAKERS[origin](self, *arguments)
        if typing.is_typeddict(kind):
            return self._reference(_name(kind), lambda: self.object_of(kind))
        return {} if kind is object else {"type": _PLAIN[kind]}

    def _annotated(self, kind: Any, *said: Any) -> Schema:
        schema = self._of(kind)
        for each in said:
            if isinstance(each, Named):
                described = schema
                schema = self._reference(each.name, lambda: described)  # noqa: B023 - called at once
            else:
                schema = schema | _said(each, schema)
        return schema

    def _one_of(self, *kinds: Any) -> Schema:
        return _any_of([self._of(kind) for kind in kinds])

    def _values(self, *values: Any) -> Schema:
        return {"const": values[0]} if len(values) == 1 else {"enum": list(values)}

    def _list(self, item: Any) -> Schema:
        return {"type": "array", "items": self._of(item)}

    def _mapping(self, key: Any, value: Any) -> Schema:
        names = {} if key is str else {"propertyNames": self._of(key)}
        return {"type": "object", **names, "additionalProperties": self._of(value)}

    def _reference(self, name: str, describe: Callable[[], Schema]) -> Schema:
        if name not in self.defined:
            self.defined[name] = {}  # one that has itself in it is described once
            self.defined[name] = describe()
        return {"$ref": f"#/$defs/{name}"}

    _MAKERS: Mapping[Any, Callable[..., Schema]] = {
        Annotated: _annotated,
        NotRequired: _of,
        Literal: _values,
        Union: _one_of,
        types.UnionType: _one_of,
        list: _list,
        dict: _mapping,
    }
    """What makes the schema of a type with arguments."""


def _is_required(document: Any, name: str, field: Any) -> bool:
    # `__required_keys__` does not see a `NotRequired` in an annotation that is still text.
    return name in document.__required_keys__ and get_origin(field) is not NotRequired


_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def _said(what: Any, schema: Schema) -> Schema:
    """Return what one part of an annotation adds to a schema."""
    match what:
        case str():
            return {"description": what}
        case AtLeast(least=least):
            return {"minimum": least}
        case NotEmpty():
            return {"minItems" if schema.get("type") == "array" else "minLength": 1}
        case CauseNames():
            return {"enum": list(causes.names())}
    raise TypeError(f"{what!r}: nothing here knows what it says of a type")


def _any_of(choices: list[Schema]) -> Schema:
    """Return the schema of what is one of several; with the types in one list where nothing else is said."""
    bare = [choice["type"] for choice in choices if choice.keys() == {"type"}]
    rest = [choice for choice in choices if choice.keys() != {"type"}]
    if bare:
        rest = [*rest, {"type": bare[0] if len(bare) == 1 else bare}]
    return rest[0] if len(rest) == 1 else {"anyOf": rest}


def _name(document: Any) -> str:
    """Return a type's name in a schema: `fuzz_result` for `FuzzResultDocument`."""
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in document.__name__)
    return words.removeprefix("_").removesuffix("_document")


_JUDGED = {
    "properties": {side: {"$ref": f"#/$defs/{_name(LossDocument)}"} for side in ("reference", "candidate")}
}

_RULES: Mapping[Any, Schema] = {
    ReportDocument: {
        "if": {"properties": {"verdict": {"not": {"const": "inconclusive"}}}},
        "then": {"properties": {"losses": _JUDGED, "variables": {"minItems": 1}}},
    }
}
"""What holds between the fields of a document, which a type cannot say."""

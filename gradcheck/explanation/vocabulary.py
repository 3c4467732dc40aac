"""What may be written in a function of the candidate: quantities of a kind, and functions to call."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from gradcheck.arrays import names_a_dtype
from gradcheck.explanation.called import definitions_of, functions_to_call, helpers_of, made_by_calls
from gradcheck.explanation.quantities import (
    are_lengths,
    entry_named,
    fits,
    is_array,
    is_quantity,
    kind_of,
    may_stand_for,
    quantities,
    says_what_counts,
    shape_of,
)
from gradcheck.explanation.ratio import by_the_ratio
from gradcheck.program.queries import scalar_constant
from gradcheck.program.recording import Recording
from gradcheck.source import span_at
from gradcheck.source.differences import is_range
from gradcheck.source.vocabulary import Vocabulary


def vocabulary_of(
    function: ast.AST,
    filename: str,
    names: Mapping[str, Any],
    candidate: Recording,
    reference: Recording,
    *,
    numbers: Mapping[str, float],
    ratio: float | None = None,
    entries: Collection[str] = (),
    unread: Collection[str] = (),
    twins: bool = False,
) -> Vocabulary:
    """Return what may be written in a function of the candidate.

    Parameters
    ----------
    function, filename, names
        Its definition, the file that it is in, and what its names stand for.
    candidate, reference
        A function that the reference calls, and the candidate does not, may be the one that was meant.
    numbers
        Those that only the reference's ops read (`numbers_alone`).
    ratio
        How many times as large as the reference's the candidate's loss is, where it is a multiple of that.
    entries, unread
        Those of the batch, and of these what only the reference reads.
    twins
        Whether arrays of the same numbers may stand for each other, and no others: only a derivative is wrong.
    """
    known = dict(quantities(names))
    kinds = {text: kind for text, value in known.items() if (kind := kind_of(value)) is not None}
    alike = _alike(kinds, known, _Parts(candidate, reference), entries, twins=twins)
    counters = sorted(_counters(function) & alike.keys())
    for own in counters:  # in the end two of them may well be the same
        alike[own] += [one for one in counters if one != own and one not in alike[own]]
    fitting = {own: [one for one in kinds if one != own and fits(kinds[own], kinds[one])] for own in kinds}
    once = _by_one_name(kinds, known)
    masks = [text for text in once if is_array(known[text]) and says_what_counts(known[text])]
    helpers, dtypes = helpers_of(function, kinds), _other_dtypes(function, reference)
    written = _floats({function: filename})
    return Vocabulary(
        _in_both_quotes({**alike, **dtypes, **_other_numbers(written, candidate, reference, numbers)}),
        _in_both_quotes(fitting),
        others=frozenset({"tf", "np", *dtypes, *(text for text in known if not is_quantity(known[text]))}),
        numbers=frozenset(text for text, kind in kinds.items() if kind in (int, float)),
        counts=frozenset(text for text, kind in kinds.items() if kind is int),
        bound=_bound(function),
        functions=[*functions_to_call(candidate, reference), *((name, 1) for name in helpers)],
        made=made_by_calls(function, helpers),
        scales=sorted(numbers) if len(numbers) <= _FEW_SCALES else (),
        unread=[text for text in once if entry_named(text) in unread],
        strings=[*_words([function, *definitions_of(reference)], candidate), *sorted(unread)],
        axes=_axes(definitions_of(reference)),
        shapes={
            one: shape_of(known[text]) for text in kinds if is_array(known[text]) for one in _quoted(text)
        },
        whole=frozenset(
            one for text, kind in kinds.items() if _holds(kind, *_WHOLE) for one in _quoted(text)
        ),
        lengths=[text for text in once if _holds(kinds[text], *_WHOLE) and are_lengths(known[text])],
        masks=masks,
        flags=[text for text, kind in kinds.items() if _holds(kind, *_TRUTH)],
        factors=[*_factors(function, filename), *_theirs(reference, kinds)],
        ratios=by_the_ratio(kinds, known, ratio),
    )


class _Parts:
    """The functions that each side runs, by their code."""

    def __init__(self, candidate: Recording, reference: Recording) -> None:
        self._theirs = frozenset(reference.codes)
        self._alone = frozenset(candidate.codes) - self._theirs
        loss = reference.producer(reference.loss)
        sites = () if loss is None else (loss.site, *loss.callers)
        self._whole = {site.code for site in sites if site is not None}

    def are_the_reference_once_more(self, own: object, other: object) -> bool:
        """Return whether another function gives the reference's loss, or stands for one of the candidate alone."""
        if not (isinstance(own, FunctionType) and isinstance(other, FunctionType)):
            return False
        in_place = own.__code__ in self._alone and other.__code__ in self._theirs
        return in_place or other.__code__ in self._whole


def _other_dtypes(function: ast.AST, reference: Recording) -> dict[str, Sequence[str]]:
    """Return for each dtype that a function writes wider ones and those of the reference, of its kind first."""
    theirs = _dtypes(definitions_of(reference))
    return {
        one: sorted({*theirs, *_wider(one)} - {one}, key=lambda other: (not _same_kind(one, other), other))
        for one in _dtypes([function])
    }


def _other_numbers(
    written: Mapping[str, float], candidate: Recording, reference: Recording, numbers: Mapping[str, float]
) -> dict[str, Sequence[str]]:
    """Return for each number that is written in a function those of the reference alone, the nearest first."""
    own = [*written.values(), *_floats(definitions_of(candidate)).values()]
    theirs = {**_floats(definitions_of(reference)), **numbers}
    alone = {text: value for text, value in theirs.items() if not _is_among(value, own)}
    return {text: _nearest(value, alone) for text, value in written.items()}


def _quoted(text: str) -> tuple[str, str]:
    """Return a text as it is written with the one quotes and with the others."""
    return text, text.replace('"', "'")


def _in_both_quotes(texts: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return what may be written for quantities that are written with either quotes, with the same."""
    others = {_quoted(own)[1]: [_quoted(one)[1] for one in found] for own, found in texts.items()}
    return {**others, **texts}


def _holds(kind: object, *of_what: str) -> bool:
    """Return whether what is of a kind is an array of numbers whose dtype is named so, by its first letters."""
    match kind:
        case (str(one), tuple()):
            return one in of_what
    return False


_WHOLE, _TRUTH = ("int", "uin"), ("boo",)


def _alike(
    kinds: Mapping[str, object],
    known: Mapping[str, Any],
    parts: _Parts,
    entries: Collection[str],
    *,
    twins: bool,
) -> dict[str, list[str]]:
    """Return for each quantity, or function, others of its kind."""
    return {
        own: [
            one
            for one in kinds
            if may_stand_for(own, one, kinds, known, entries=entries, twins=twins)
            and not parts.are_the_reference_once_more(known[own], known[one])
        ]
        for own in kinds
    }


def _by_one_name(kinds: Mapping[str, object], known: Mapping[str, Any]) -> list[str]:
    """Return what may be written, without the entries and attributes that have a name as well."""
    named = {id(value) for text, value in known.items() if text.isidentifier()}
    return [text for text in kinds if text.isidentifier() or id(known[text]) not in named]


def _counters(function: ast.AST) -> set[str]:
    """Return the names that count the rounds of a loop in a function."""
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For) and is_range(node.iter)]
    return {node.target.id for node in loops if isinstance(node.target, ast.Name)}


def _bound(function: ast.AST) -> dict[str, int]:
    """Return the first lines that bind the names of a function."""
    found: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(found.get(node.id, node.lineno), node.lineno)
    given = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return {name: line for name, line in found.items() if name not in given}


def _factors(function: ast.AST, filename: str) -> Iterator[str]:
    """Yield what products in a function are made of, once each: indices, and what is computed of names."""
    products = (node for node in ast.walk(function) if isinstance(node, ast.BinOp))
    operands = (
        part for node in products if isinstance(node.op, ast.Mult) for part in (node.left, node.right)
    )
    found = (span_at(filename, one).text for one in operands if _is_computed_of_names(one))
    yield from list(dict.fromkeys(found))[:_MOST_FACTORS]


def _theirs(reference: Recording, kinds: Mapping[str, object]) -> Iterator[str]:
    """Yield the products and quotients of numbers that the reference writes, of names that mean one here."""
    found = [
        span_at(filename, node).text
        for definition, filename in definitions_of(reference).items()
        for node in ast.walk(definition)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult | ast.Div)
        and all(_is_a_number(part, filename, kinds) for part in (node.left, node.right))
    ]
    yield from list(dict.fromkeys(found))[:_MOST_FACTORS]


def _is_a_number(node: ast.expr, filename: str, kinds: Mapping[str, object]) -> bool:
    return isinstance(node, ast.Constant) or kinds.get(span_at(filename, node).text) in (int, float)


_MOST_FACTORS = 6


def _is_computed_of_names(node: ast.expr) -> bool:
    if not isinstance(node, ast.BinOp | ast.UnaryOp | ast.Subscript):
        return False
    parts = [*ast.walk(node)]
    is_product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)
    named = any(isinstance(one, ast.Name) for one in parts)
    return named and not is_product and not any(isinstance(one, ast.Call | ast.Lambda) for one in parts)


def _floats(definitions: Mapping[ast.AST, str]) -> dict[str, float]:
    """Return the numbers that stand in some functions, as they are written; no whole ones, and no 0."""
    return {
        span_at(filename, node).text: node.value
        for one, filename in definitions.items()
        for node in ast.walk(one)
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value
    }


def numbers_alone(candidate: Recording, reference: Recording) -> dict[str, float]:
    """Return the numbers that only the reference's ops read, as they are written; none where they are many.

    No whole ones, and none that is another one in each run of its expression, as the numbers of samples are.
    """
    known, found = _read(candidate).values(), _read(reference)
    alone = {text: value for text, value in found.items() if not _is_among(value, known)}
    return alone if len(alone) <= _FEW_NUMBERS else {}


_FEW_NUMBERS = 12
_FEW_SCALES = 3


def _read(recording: Recording) -> dict[str, float]:
    values: dict[tuple[object, int], set[float]] = {}
    for op in recording.ops:
        for slot, number in enumerate(op.inputs):
            value = scalar_constant(number, recording) if recording.tensors[number].floating else None
            if value is not None:
                values.setdefault((op.site, slot), set()).add(value)
    single = {next(iter(one)) for one in values.values() if len(one) == 1}
    return {
        f"{value:.7g}": value for value in sorted(single) if np.isfinite(value) and value > 0 and value % 1
    }


def _nearest(value: float, others: Mapping[str, float]) -> list[str]:
    """Return other numbers as they are written, first those of about the size of one: any small bound may do."""
    return sorted(others, key=lambda one: abs(math.log(abs(others[one] / value))))


def _is_among(value: float, known: Collection[float]) -> bool:
    return any(math.isclose(value, one, rel_tol=1e-6) for one in known)


def _dtypes(definitions: Iterable[ast.AST]) -> set[str]:
    """Return the dtypes that are named in some functions, as they are written."""
    nodes = (node for one in definitions for node in ast.walk(one) if isinstance(node, ast.Attribute))
    return {text for node in nodes if names_a_dtype(text := ast.unparse(node))}


def _words(definitions: Iterable[ast.AST], candidate: Recording) -> list[str]:
    """Return the words that some functions tell others, and those that the candidate's functions know."""
    return [*dict.fromkeys([*_strings(definitions), *_strings(definitions_of(candidate))])]


def _strings(definitions: Iterable[ast.AST]) -> list[str]:
    """Return the words that calls in some functions are given, or that they compare; none where they are many."""
    given = (part for one in definitions for node in ast.walk(one) for part in _told(node))
    values = (part.value for part in given if isinstance(part, ast.Constant))
    found = {value for value in values if isinstance(value, str) and re.fullmatch(r"\w[\w-]*", value)}
    return sorted(found) if len(found) <= _FEW_STRINGS else []


def _told(node: ast.AST) -> Sequence[ast.expr]:
    """Return what a call is given, or a comparison compares with."""
    match node:
        case ast.Call(args=given, keywords=named):
            return [*given, *(one.value for one in named)]
        case ast.Compare(comparators=others):
            return others
    return []


_FEW_STRINGS = 8


def _axes(definitions: Iterable[ast.AST]) -> list[str]:
    """Return the axes that calls in some functions are told, or that are told by a name which is given them."""
    found: dict[str, None] = {}
    for definition in definitions:
        nodes = list(ast.walk(definition))
        given = {
            target.id: one.value
            for one in nodes
            if isinstance(one, ast.Assign)
            for target in one.targets
            if isinstance(target, ast.Name)
        }
        told = (one.value for one in nodes if isinstance(one, ast.keyword) and one.arg in ("axis", "axes"))
        for value in told:
            text = ast.unparse(given.get(value.id, value) if isinstance(value, ast.Name) else value)
            if _WHOLE_NUMBERS.fullmatch(text):
                found[text] = None
    return list(found) if len(found) <= _FEW_AXES else []


_WHOLE_NUMBERS = re.compile(r"[-\d\s,()\[\]]+")
_FEW_AXES = 4


def _wider(dtype: str) -> list[str]:
    """Return what holds what overflows in a dtype, or is rounded away."""
    module, _, name = dtype.rpartition(".")
    return [f"{module}.{one}" for one in ("int32", "float32")] if name in _NARROW else []


_NARROW = {"uint8", "int8", "uint16", "int16", "float16", "bfloat16"}


def _same_kind(one: str, other: str) -> bool:
    kinds = {np.dtype(text.rpartition(".")[2]).kind for text in (one, other)}
    return len(kinds) == 1

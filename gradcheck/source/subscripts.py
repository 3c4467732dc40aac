"""The subscripts of an `einsum` with two letters of one term exchanged, or with one letter for another."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

_FEW = 5
"""How many axes a term has at most of which two are exchanged."""


def subscripts_instead(node: ast.expr, above: ast.AST | None) -> Iterator[str]:
    """Yield other subscripts for those that an `einsum` is told: the operands are laid out otherwise.

    Of one operand, or of the result, two axes are exchanged; or what runs over two axes in turn runs over both
    together, as the diagonal does: ``"bi,ni->bn"`` as ``"bi,bi->b"``.
    """
    match node, above:
        case ast.Constant(value=str() as told), ast.Call(args=[first, *_]) if first is node and "einsum" in (
            getattr(above.func, "attr", ""),
            getattr(above.func, "id", ""),
        ):
            text = told.replace(" ", "")
            if re.fullmatch(r"[A-Za-z]+(,[A-Za-z]+)*->[A-Za-z]*", text):
                yield from (f'"{one}"' for one in dict.fromkeys((*_exchanged(text), *_along(text))))


def _exchanged(text: str) -> Iterator[str]:
    """Yield subscripts with two letters of one term exchanged."""
    for term in re.finditer(r"[A-Za-z]+", text):
        letters = term[0]
        for one, other in itertools.combinations(range(len(letters) if len(letters) <= _FEW else 0), 2):
            swapped = list(letters)
            swapped[one], swapped[other] = letters[other], letters[one]
            yield text[: term.start()] + "".join(swapped) + text[term.end() :]


def _along(text: str) -> Iterator[str]:
    """Yield subscripts with one letter of the result for another of it, each once."""
    given, _, result = text.partition("->")
    for one, other in itertools.permutations(dict.fromkeys(result), 2):
        terms = [term.replace(one, other) for term in given.split(",")]
        together = not any(one in term and other in term for term in given.split(","))
        if together:  # a letter twice in a term is its diagonal
            yield f"{','.join(terms)}->{''.join(dict.fromkeys(result.replace(one, other)))}"

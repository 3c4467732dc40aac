"""An expression where something may have been altered."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.source.spans import span_at
from gradcheck.source.trees import parents
from gradcheck.source.vocabulary import Vocabulary

Texts = Iterator[tuple[str, int]]
"""What may be written in place of an expression, with how long that is to describe."""


@dataclass(frozen=True)
class Place:
    """An expression, and what may be written there.

    Parameters
    ----------
    node, filename
        The expression, in the tree of its file.
    vocabulary
        What may be written in its function.
    """

    node: ast.expr
    filename: str
    vocabulary: Vocabulary

    @functools.cached_property
    def own(self) -> str:
        """How it is written."""
        return self.text(self.node)

    @functools.cached_property
    def above(self) -> ast.AST | None:
        """What it is a part of."""
        return parents(self.filename).get(self.node)

    def text(self, node: ast.expr) -> str:
        """Return how an expression of the file is written."""
        return span_at(self.filename, node).text

    def like(self, quantity: str) -> list[str]:
        """Return what may be written there for a quantity."""
        return self.vocabulary.like(quantity, self.node.lineno)

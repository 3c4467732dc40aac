"""A small change of a statement, and how long it is to describe."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass

from gradcheck.source.around import STOP


@dataclass(frozen=True)
class Change:
    """A text in place of an expression.

    Parameters
    ----------
    node
        The expression, in the tree of its file.
    text
        What to write there.
    length
        How long it is to describe.
    """

    node: ast.expr
    text: str
    length: int

    @property
    def stops(self) -> bool:
        """Whether the numbers stay as they are, and a gradient is stopped."""
        own = ast.unparse(self.node)
        return self.text.count(STOP) > own.count(STOP) and _plain(own) in _plain(self.text)

    @property
    def negates(self) -> bool:
        """Whether it puts a sign in front."""
        return negates(ast.unparse(self.node), self.text)

    @property
    def of_the_derivative(self) -> bool:
        """Whether the numbers may stay as they are, and only what is differentiated changes."""
        bare = isinstance(self.node, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
        listed = isinstance(self.node, ast.List | ast.Set)  # of what is differentiated
        return bare or listed or self.stops or self._rearranges

    @property
    def _rearranges(self) -> bool:
        """Whether the same words are written in another order."""
        own, others = _WORD.findall(ast.unparse(self.node)), _WORD.findall(_single(self.text))
        return sorted(own) == sorted(others)


def _plain(text: str) -> str:
    """Return a text without what says nothing: blanks, and which quotes are written."""
    return _single("".join(text.split()))


def _single(text: str) -> str:
    return text.replace('"', "'")


def negates(before: str, after: str) -> bool:
    """Return whether a text begins with a sign and the one before it does not."""
    return after.lstrip("(").startswith("-") and not before.lstrip("(").startswith("-")


def length(before: str, after: str) -> int:
    """Return how long a change of a text is to describe: the words that are written, and what is deleted."""
    own, others = _WORD.findall(before), _WORD.findall(after)
    changed = difflib.SequenceMatcher(None, own, others, autojunk=False).get_opcodes()
    return sum(max(j2 - j1, min(i2 - i1, 2)) for tag, i1, i2, j1, j2 in changed if tag != "equal")


_WORD = re.compile(r"""[A-Za-z_][\w.]*|\d[\w.]*|"[^"]*"|'[^']*'|\*\*|//|[<>=!]=|[^\s)\],]""")
"""A pair of brackets counts once."""

"""What stands at a span that was shown: its node, the code that it is in, and the ops that it asks for."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType

from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, Span, function_at, shown_path, site_of, span_at, span_of


@dataclass(frozen=True)
class Where:
    """An expression, the code that it is in, the definition of that, and the ops that it asks for."""

    node: ast.expr
    code: CodeType
    function: ast.AST
    ops: Sequence[Op]

    @property
    def filename(self) -> str:
        """The file that it is in."""
        return self.code.co_filename

    def site(self) -> Site | None:
        """Return the expression as a place."""
        return site_of(self.node, self.code)


def where_of(span: Span, recording: Recording) -> Where | None:
    """Return what is at a span of a function that runs ops."""
    sites = {site: None for op in recording.ops for site in (op.site, *op.callers) if site is not None}
    for code in dict.fromkeys(site.code for site in sites):
        definition = function_at(code) if shown_path(code.co_filename) == span.file else None
        for node in ast.walk(definition) if definition is not None else ():
            if (
                definition is not None
                and isinstance(node, ast.expr)
                and span_at(code.co_filename, node) == span
            ):
                here = {site for site in sites if span_of(site) == span}
                ops = [op for op in recording.ops if here & {op.site, *op.callers}]
                return Where(node, code, definition, ops)
    return None

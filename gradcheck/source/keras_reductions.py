"""How a loss of Keras's makes one number of many: by a mean over samples, a weighted one, or a sum."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.spans import span_at
from gradcheck.source.writing import rewritten

_REDUCTIONS = ("sum_over_batch_size", "mean_with_sample_weight", "sum", "none")


def reduced_otherwise(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield a loss of Keras's that is made with another reduction."""
    match node:
        case ast.Call(func=ast.Attribute(value=module, attr=name), keywords=told) if (
            name[:1].isupper() and span_at(filename, module).text.rpartition(".")[2] == "losses"
        ):
            own = next((one.value for one in told if one.arg == "reduction"), None)
            for reduction in (f'"{one}"' for one in _REDUCTIONS):
                if own is not None:
                    yield rewritten(span_at(filename, node), [(span_at(filename, own), reduction)])
                else:
                    text = span_at(filename, node).text
                    separator = ", " if told or node.args else ""
                    yield f"{text[:-1].rstrip().rstrip(',')}{separator}reduction={reduction})"

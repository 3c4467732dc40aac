"""An index with a colon for each axis that an ellipsis stands for: dots look as if something were left out."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def written_out(text: str, ranks: Mapping[str, int]) -> str:
    """Return an expression of one line without an ellipsis, where it is known for how many axes that stands.

    Parameters
    ----------
    ranks
        How many axes what is indexed has, by how it is written.
    """
    if "\n" in text:
        return text
    try:
        parsed = ast.parse(text, mode="eval")
    except SyntaxError:  # what stands between the brackets of an index
        return text
    places = []
    for node in ast.walk(parsed):
        match node:
            case ast.Subscript(value=value, slice=index):
                parts = index.elts if isinstance(index, ast.Tuple) else [index]
                dots = next((one for one in parts if _is(one, ...)), None)
                taken = sum(not (_is(one, ...) or _is(one, None)) for one in parts)
                axes = ranks.get(ast.get_source_segment(text, value) or "", 0) - taken
                if dots is not None and axes > 0:
                    places.append((dots.col_offset, axes))
    for place, axes in sorted(places, reverse=True):
        encoded = text.encode()  # as `ast` counts
        text = (encoded[:place] + ", ".join(":" * axes).encode() + encoded[place + len("...") :]).decode()
    return text


def _is(part: ast.expr, value: object) -> bool:
    return isinstance(part, ast.Constant) and part.value is value

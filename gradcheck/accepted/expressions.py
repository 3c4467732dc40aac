"""How an expression is named, so that it keeps its name when lines move and a formatter runs."""

from __future__ import annotations

import ast
import pathlib

from gradcheck.source import cell_file


def normal(text: str) -> str:
    """Return an expression without what a formatter may change: white space, quotes, parentheses."""
    try:
        return ast.unparse(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError, RecursionError):  # a statement, a line of something else
        return " ".join(text.split())


def below(file: str, folder: pathlib.Path) -> str:
    """Return a file as it is called from `folder`, with `/`; a cell, or a file elsewhere, is unchanged."""
    if cell_file(file) is not None:
        return file
    try:
        return pathlib.Path(file).resolve().relative_to(folder.resolve()).as_posix()
    except (ValueError, OSError):
        return pathlib.PurePath(file).as_posix()

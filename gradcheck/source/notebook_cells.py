"""Notebook cells, whose code has file names that mean nothing to the user."""

from __future__ import annotations

import sys

_FILES: dict[str, str] = {}
"""The file name of each cell that was named."""


def cell_name(filename: str) -> str | None:
    """Return ``In [3]`` where `filename` is what IPython calls the code of a cell, else None."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)  # from IPython 8.0
    named = None if name_of is None else name_of(filename)
    if not named:
        return None
    name = str(named[1]).replace("In[", "In [")
    _FILES[name] = filename
    return name


def cell_file(name: str) -> str | None:
    """Return the file name of the cell that is called `name`."""
    return _FILES.get(name)

"""What there is in the corpus: its manifest, held against its files, and how much of it a run takes.

A loss from a thread is called by the name of its file, a made one by `made/` and that name. Those in `unseen/`
come from threads too, and were measured before anybody looked at what becomes of them.
"""

from __future__ import annotations

import ast
import datetime
import os
import pathlib
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from support.project import ROOT

FOLDER = ROOT / "tests" / "corpus"
THREADS = "threads/"
LONG = os.environ.get("GRADCHECK_LONG") == "1"
"""Whether a run takes the whole corpus, and as many drawn examples as take minutes."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the manifest, which says what each field means."""

    source: str
    equivalent: bool
    cause: str
    measured: datetime.date
    unseen: bool
    set: str = ""
    first: Sequence[str] = ()


def entries(folder: pathlib.Path = FOLDER) -> dict[str, Entry]:
    """Return what the manifest says, by the path in `folder` without its ending."""
    lines = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    return {key: Entry(**fields) for key, fields in lines.items()}


ENTRIES = {key.removeprefix(THREADS): entry for key, entry in entries().items()}


def file_of(name: str) -> pathlib.Path:
    """Return where the loss of this name is written."""
    return FOLDER / (f"{name}.py" if "/" in name else f"{THREADS}{name}.py")


def expected(file: pathlib.Path) -> dict[str, Any]:
    """Return what a file says of itself, without running it."""
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="EXPECTED")], value=value):
                return dict(ast.literal_eval(value))
    raise LookupError(f"{file} says nothing of what is EXPECTED")


def faults(folder: pathlib.Path = FOLDER) -> list[str]:
    """Return in a sentence each where the manifest and the files of a corpus are at odds."""
    listed = entries(folder)
    files = {
        str(path.relative_to(folder).with_suffix("")): path
        for path in sorted(folder.rglob("*.py"))
        if "__pycache__" not in path.parts
    }
    return [
        *(f"{key}: no line in the manifest" for key in files.keys() - listed.keys()),
        *(f"{key}: no such file" for key in listed.keys() - files.keys()),
        *(
            f"{key}: {what}"
            for key in sorted(files.keys() & listed)
            for what in _at_odds(files[key], listed[key])
        ),
    ]


def _at_odds(file: pathlib.Path, entry: Entry) -> list[str]:
    source, truth = file.read_text(encoding="utf-8"), expected(file)
    marker, lines = truth["line_marker"], [line.strip() for line in source.splitlines()]
    checks = {
        "another source than in the file": entry.source != "made" and entry.source not in source,
        "a loss from a thread without the thread": file.parent.name == "threads" and entry.source == "made",
        "the file says otherwise whether it is equivalent": entry.equivalent != truth["equivalent"],
        "another cause than in the file": entry.cause != truth["cause"],
        "a difference without a cause": not entry.equivalent and entry.cause == "none",
        "the line at fault is not in the file": marker is not None and marker.strip() not in lines,
    }
    return [what for what, wrong in checks.items() if wrong]


def sample(names: Sequence[str], *, every: int | None = None, always: Collection[str] = ()) -> list[str]:
    """Return each name of some number of them and those of `always`; all of them in a long run."""
    taken = {*always, *(names[::every] if every else ())}
    return [name for name in names if LONG or name in taken]

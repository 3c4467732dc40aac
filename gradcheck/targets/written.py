"""The source of a case for a function that exists already."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.arrays import Array
from gradcheck.source import in_docstring
from gradcheck.targets.batches import leaves

_FILE = '''\
"""A case for `{name}` of {place}:

    gradcheck diff {file}

As it is, the loss on a batch is compared with the same loss on single samples. This finds
samples that are broadcast against each other, and nothing else: not a wrong sign, divisor or
mask. To compare the loss with a formulation that you trust, write that below.
"""

{imports}


def reference({parameters}):
    # Write `{name}` again, so that it is obviously correct: one sample at a time.
    raise NotImplementedError


@gradcheck.case
def {name}_case({factory}) -> gradcheck.Case:
    random = np.random.default_rng(seed)
    return gradcheck.Case(
        # reference=reference,  # once it is written
        candidate={candidate},
        # Random numbers of the right shapes: replace them by real data where that matters.
        batch={{
{batch}
        }},
        variables={variables},
    )
'''


@dataclass(frozen=True)
class Parts:
    """What goes into a case for a function.

    Parameters
    ----------
    place, name
        The module or file as it was given, and the function in it.
    module
        The name that it is imported by.
    folder
        The folder that it is imported from; None where it is installed.
    batch
        Arrays, or nests of them, by parameter.
    fixed
        Source by parameter, for what is no part of the batch.
    variables
        The names in the module of what is differentiated for.
    """

    place: str
    name: str
    module: str
    folder: pathlib.Path | None
    batch: Mapping[str, Any]
    fixed: Mapping[str, str]
    variables: Sequence[str]


def source_for(parts: Parts, file: pathlib.Path) -> str:
    """Return the source of a case in `file`."""
    module = parts.module
    samples = _samples(parts.batch)
    lines = [
        f"            {json.dumps(name)}: {_drawn(value, samples, 12)},"
        for name, value in parts.batch.items()
    ]
    names = list(parts.batch)
    given = ", ".join(f"{module}.{name}" for name in parts.variables)
    return _FILE.format(
        name=parts.name,
        place=in_docstring(parts.place),
        file=in_docstring(shlex.quote(file.name)),
        imports=_imports(parts, file),
        parameters=", ".join(names),
        factory="seed: int = 0" + (f", samples: int = {samples}" if samples else ""),
        candidate=_candidate(parts),
        batch="\n".join(lines),
        variables=given if len(parts.variables) == 1 else _by_name(parts, module),
    )


MODULE = "{module}"
"""Stands for the module in the source of a fixed argument."""


def _candidate(parts: Parts) -> str:
    """Return the function, or one that gives it what is no part of the batch."""
    function = f"{parts.module}.{parts.name}"
    if not parts.fixed:
        return function
    fixed = {name: text.replace(MODULE, parts.module) for name, text in parts.fixed.items()}
    given = {name: name for name in parts.batch} | fixed
    arguments = "".join(f"            {name}={text},\n" for name, text in given.items())
    return f"lambda {', '.join(parts.batch)}: {function}(\n{arguments}        )"


def _by_name(parts: Parts, module: str) -> str:
    return "{" + ", ".join(f'"{name}": {module}.{name}' for name in parts.variables) + "}"


def _imports(parts: Parts, file: pathlib.Path) -> str:
    """Return the lines that import the module, wherever `file` lies."""
    ours = "import numpy as np\n\nimport gradcheck"
    folder = file.resolve().parent
    if parts.folder is None or parts.folder == folder:
        return f"{ours}\nimport {parts.module}"
    beside = pathlib.PurePath(os.path.relpath(parts.folder, folder)).as_posix()
    reach = f"sys.path.insert(0, str(pathlib.Path(__file__).parent / {json.dumps(beside)}))"
    return f"import pathlib\nimport sys\n\n{ours}\n\n{reach}\nimport {parts.module}  # noqa: E402"


def _samples(batch: Mapping[str, Any]) -> int:
    """Return the leading length that most arrays have; 0 where none has an axis."""
    lengths = [array.shape[0] for _, array in leaves(batch) if array.ndim]
    return max(lengths, key=lengths.count, default=0)


def _drawn(value: Any, samples: int, indent: int) -> str:
    """Return an expression that draws what is like `value`: of its shape and dtype, and in its range."""
    if isinstance(value, Mapping):
        items = [f"{key!r}: {_drawn(item, samples, indent + 4)}" for key, item in value.items()]
        return _block("{", items, "}", indent)
    if isinstance(value, list | tuple):
        items = [_drawn(item, samples, indent + 4) for item in value]
        return _block("[", items, "]", indent) if isinstance(value, list) else _block("(", items, ")", indent)
    return _random(value, samples)


def _block(opening: str, items: Sequence[str], closing: str, indent: int) -> str:
    lines = "".join(f"{' ' * (indent + 4)}{item},\n" for item in items)
    return f"{opening}\n{lines}{' ' * indent}{closing}"


def _random(array: Array, samples: int) -> str:
    shape = [
        "samples" if not place and length == samples else str(length)
        for place, length in enumerate(array.shape)
    ]
    size = f"({', '.join(shape)}{',' if len(shape) == 1 else ''})"
    match array.dtype.kind:
        case "b":
            return f"random.random(size={size}) < 0.5"
        case "i" | "u":
            low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
            return f'random.integers({min(low, 0)}, {max(high, 1) + 1}, size={size}).astype("{array.dtype}")'
        case "c":
            return f'(random.normal(size={size}) + 1j * random.normal(size={size})).astype("{array.dtype}")'
    way = "random" if array.size and ((array >= 0) & (array <= 1)).all() else "normal"
    return f'random.{way}(size={size}).astype("{array.dtype}")'

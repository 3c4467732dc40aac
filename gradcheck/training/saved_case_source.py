"""The source of a case that was cut out of a script."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from gradcheck.source import in_docstring, shown_path

if TYPE_CHECKING:
    from gradcheck.execution.cut.block import CutBlock
    from gradcheck.execution.cut.cutter import Saved

_FILE = '''\
"""The gradient that {place} takes, as a case of its own.

    gradcheck diff {file}

What the script had there is frozen in {arrays}. Code is copied; above it is the line that it comes from.
"""

{imports}

frozen = gradcheck.frozen(__file__)

{pieces}{candidate}

# The formulation that you trust, once there is one: it may be slow, one sample at a time.
#
#     def reference({parameters}):
#         ...
#
# Without it, the gradient of the batch is compared with those of its single samples. That does not
# show a wrong sign, divisor or mask.


@gradcheck.case
def {name}(seed: int = 0) -> gradcheck.Case:
    return gradcheck.Case(
        # reference=reference,
        candidate={formulation},
        batch=frozen.batch(seed),
        variables=frozen.variables(),{samples}
    )
'''

_FUNCTION = """\


# {place}
def candidate({parameters}):
{body}"""

_BACK = {"array": "{0} = {0}.numpy()", "list": "{0} = list({0}.numpy())"}


class Way(NamedTuple):
    """How the block is made a function of its batch.

    Parameters
    ----------
    as_in_script
        Whether what was an array or a list in the script is made one again: the batch of a case holds tensors.
    counted
        Whether numbers that are the number of samples follow the batch.
    """

    as_in_script: bool = False
    counted: bool = False


def source_of(saved: Saved, file: pathlib.Path, way: Way) -> str:
    """Return the source of the case, to be written to `file`."""
    cut = saved.cut
    parameters = ", ".join(cut.batch)
    return _FILE.format(
        place=in_docstring(place_of_case(saved)),
        file=in_docstring(shlex.quote(file.name)),
        arrays=in_docstring(file.with_suffix(".npz").name),
        imports=_imports(cut, file),
        pieces=_statements(cut),
        candidate=_candidate(saved, parameters, way),
        parameters=parameters,
        name=_name(saved),
        formulation="model" if cut.block is None else "candidate",
        samples=f"\n        samples={json.dumps(list(cut.batch))}," if cut.batch else "",
    )


def place_of_case(saved: Saved) -> str:
    """Return the line that takes the gradient."""
    block = saved.cut.block
    return "fit" if block is None else f"{shown_path(block.filename)}:{block.call.lineno}"


def _name(saved: Saved) -> str:
    block = saved.cut.block
    return "fit" if block is None else f"line_{block.call.lineno}"


def _imports(cut: CutBlock, file: pathlib.Path) -> str:
    lines = ["import gradcheck", *cut.pieces.imports]
    futures = [line for line in lines if line.startswith("from __future__")]
    lines = [line for line in dict.fromkeys(lines) if line not in futures]
    if not cut.pieces.folders:
        return "\n".join([*futures, *sorted(lines)])
    folder = file.resolve().parent
    reach = [
        f"sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / {_beside(each, folder)!r}))"
        for each in cut.pieces.folders
        if pathlib.Path(each) != folder
    ]
    first = ["import pathlib", "import sys", "", *reach, ""] if reach else []
    return "\n".join([*futures, *first, *sorted(lines)])


def _beside(folder: str, of: pathlib.Path) -> str:
    return pathlib.PurePath(os.path.relpath(folder, of)).as_posix()


def _statements(cut: CutBlock) -> str:
    """Return the statements, definitions set apart by two empty lines."""
    text, before = "", False
    for statement in cut.pieces.statements:
        large = statement.startswith("# ")
        text += ("\n\n" if large or before else "") + statement + "\n"
        before = large
    left = "".join(f"# left out: {each}\n" for each in cut.pieces.left_out)
    return text + left


def _counts(cut: CutBlock | None) -> Iterator[str]:
    if cut is not None:
        first = next(iter(cut.batch))
        yield from (f"{name} = len({first})" for name in cut.counts)


def _candidate(saved: Saved, parameters: str, way: Way) -> str:
    cut, block = saved.cut, saved.cut.block
    if block is None:
        return ""
    carried = "".join(f", {name}={name}" for name in cut.carried)
    body = [*_counts(cut if way.counted else None), *_back(cut.kinds if way.as_in_script else {})]
    body.append(block.text().rstrip())
    target = block.target_text()
    body.append(f"return sum({target})" if saved.several else f"return {target}")
    return _FUNCTION.format(
        place=f"{shown_path(block.filename)}:{block.around.lineno}",
        parameters=(parameters + carried).removeprefix(", "),
        body=textwrap.indent("\n".join(body), "    "),
    )


def _back(kinds: Mapping[str, str]) -> Sequence[str]:
    return [_BACK[kind].format(name) for name, kind in kinds.items() if kind in _BACK]

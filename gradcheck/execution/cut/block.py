"""A block of a script as a function of its batch, with all that it reads frozen."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from gradcheck.execution.cut.cutting import Cutting, NotCutError, Pieces
from gradcheck.execution.cut.reach import Reach
from gradcheck.execution.cut.scopes import MISSING, Scope, is_builtin, is_layer, is_variable
from gradcheck.execution.cut.store import Store
from gradcheck.execution.cut.values import NotBuiltError, express
from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.source.blocks import Block
from gradcheck.source.reads import assigned

Kind = Literal["tensor", "array", "list"]
"""What an input of the batch was in the script."""


@dataclass(frozen=True, eq=False)
class CutBlock:
    """A block and what it read when its tape was opened.

    Parameters
    ----------
    block
        Where it stands.
    pieces
        The source of all that it reads, but for its batch.
    store
        The values of all that it reads, but for its batch.
    batch
        Its inputs with samples, by name: arrays, or nests of them.
    kinds
        What each of these was.
    carried
        Names that it reads before it assigns to them.
    counts
        Names that it reads of whole numbers that are the number of samples, by chance or not.
    """

    block: Block | None
    pieces: Pieces
    store: Store
    batch: Mapping[str, Any]
    kinds: Mapping[str, Kind]
    carried: tuple[str, ...]
    counts: tuple[str, ...] = ()


def cut_out(block: Block, scope: Scope) -> CutBlock:
    """Cut a block out, as it would run now.

    Raises
    ------
    NotCutError
        Something that it reads cannot be had outside of the script.
    NotBuiltError
        A layer that it calls has no weights yet.
    """
    obstacle = block.obstacle()
    if obstacle:
        raise NotCutError(obstacle, "")
    names = frozenset(name for name in block.reads if name not in _tapes(block))
    batch = batch_of(names, scope)
    node = ast.Module([ast.With(block.around.items, list(block.body)), ast.Expr(block.target)], [])
    frozen = names - batch.keys()
    reach = Reach(node, frozen, scope)
    cut = Cutting(reach, Store(), express)
    _restore(cut)
    own = assigned(block.body)
    try:
        cut.bind(frozen - own, scope)
    except NotCutError as error:
        error.line = _line_reading(block, error.names[0])
        raise
    carried = tuple(name for name in sorted(frozen & own) if _carried(cut, name, scope))
    kinds = {name: _kind(scope.value(name)) for name in batch}
    samples = next((_length(array) for array in batch.values()), None)
    counts = tuple(name for name in sorted(frozen - own) if _is_count(scope.value(name), samples))
    return CutBlock(block, cut.pieces, cut.store, batch, kinds, carried, counts)


def _is_count(value: Any, samples: int | None) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == samples


def _line_reading(block: Block, name: str) -> int:
    """Return the line of the block that reads a name first."""
    nodes = (node for part in (block.around, block.target) for node in ast.walk(part))
    lines = [node.lineno for node in nodes if isinstance(node, ast.Name) and node.id == name]
    return min(lines, default=block.around.lineno)


def _restore(cut: Cutting) -> None:
    """Keep the values of the variables that functions of the user's other modules find in those."""
    for unit in cut.reach.units.values():
        module = unit.scope.module
        for name in sorted(unit.names) if module is not None else ():
            value = unit.scope.globals.get(name)
            if (
                module is not None
                and name not in unit.scope.local
                and (is_variable(value) or is_layer(value))
            ):
                cut.restore(module, name, value)


def _tapes(block: Block) -> set[str]:
    return {item.optional_vars.id for item in block.around.items if isinstance(item.optional_vars, ast.Name)}


def _carried(cut: Cutting, name: str, scope: Scope) -> bool:
    """Freeze what the block may read before it assigns to it; return whether there is such a value.

    Often it is the value of the last step, which no path through the block reads.
    """
    if scope.value(name) is MISSING or is_builtin(name):
        return False
    before = len(cut.pieces.statements)
    try:
        cut.bind([name], scope)
    except NotBuiltError:
        raise
    except NotCutError:
        del cut.pieces.statements[before:]
        return False
    return True


def batch_of(names: frozenset[str], scope: Scope) -> dict[str, Any]:
    """Return the inputs that have samples: arrays that share the most common leading length.

    Local names come first; those of the module count where the block has none of its own.

    Raises
    ------
    NotCutError
        There is no array among them.
    """
    local = {name: scope.local[name] for name in sorted(names) if name in scope.local}
    every = {name: value for name in sorted(names) if (value := scope.value(name)) is not MISSING}
    for given in (local, every):
        arrays = {name: array for name, value in given.items() if (array := as_arrays(value)) is not None}
        lengths = {name: _length(array) for name, array in arrays.items()}
        counts = Counter(length for length in lengths.values() if length)
        if counts:
            most = max(counts, key=lambda length: (counts[length], length))
            return {name: array for name, array in arrays.items() if lengths[name] == most}
    raise NotCutError(
        f"the block reads no array that could be its batch (it reads {', '.join(sorted(names)) or 'nothing'})",
        "get the batch before the tape is opened",
    )


def as_arrays(value: Any) -> Any | None:
    """Return data as arrays: tensors, arrays, lists of numbers or of arrays of one shape, and nests of these.

    None for what is no data.
    """
    if isinstance(value, tf.Variable | LAYER_VARIABLE):
        return None
    if isinstance(value, np.ndarray | tf.Tensor):
        return _array(value)
    if isinstance(value, list) and len(value) > 1 and all(_is_row(each) for each in value):
        return _stacked(value)
    if isinstance(value, Mapping) and value and all(isinstance(key, str) for key in value):
        items = {key: as_arrays(each) for key, each in value.items()}
        return items if all(each is not None for each in items.values()) else None
    if isinstance(value, list | tuple) and value:
        held = [as_arrays(each) for each in value]
        return (
            type(value)(held) if type(value) in (list, tuple) and all(h is not None for h in held) else None
        )
    return None


def _array(value: Any) -> Any | None:
    if not hasattr(value, "numpy") and not isinstance(value, np.ndarray):
        return None  # a tensor of a graph has no numbers
    array = np.array(value)
    return array if array.dtype.kind in "biufc" and array.ndim else None


def _stacked(value: Sequence[Any]) -> Any | None:
    rows = [np.asarray(each) for each in value]
    if len({(row.shape, row.dtype) for row in rows}) > 1 or rows[0].dtype.kind not in "biuf":
        return None
    numbers = np.stack(rows)
    return numbers.astype(np.float32) if isinstance(value[0], float) else numbers


def _is_row(value: Any) -> bool:
    if isinstance(value, tf.Variable | LAYER_VARIABLE | bool):
        return False
    return isinstance(value, int | float | np.ndarray | np.generic) or (
        isinstance(value, tf.Tensor) and hasattr(value, "numpy")
    )


def _length(nest: Any) -> int | None:
    """Return the leading length that all arrays of a nest share."""
    lengths = {array.shape[0] for array in tf.nest.flatten(nest)}
    return lengths.pop() if len(lengths) == 1 else None


def _kind(value: Any) -> Kind:
    if isinstance(value, np.ndarray):
        return "array"
    return (
        "list" if isinstance(value, list) and as_arrays(value) is not None and _is_row(value[0]) else "tensor"
    )

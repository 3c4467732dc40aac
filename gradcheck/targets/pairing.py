"""Variables of two programs, paired: by path where they have the same paths, and else by order and shape.

In another order shapes will do where no two are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.errors import CaseError

Shape = tuple[int, ...]


def paired(
    ours: Mapping[str, Shape], theirs: Mapping[str, Shape], what: str, of: str = "the case"
) -> dict[str, str]:
    """Return for each path of `ours` the name in `theirs` that it goes with.

    By path only if all are the same, with or without the name of the model in front: layers are numbered as they
    are made, so that ``dense_1`` may be the first layer of one model and the second of another.

    Parameters
    ----------
    ours, theirs
        Shapes by path, in order.
    what
        What `theirs` are, for messages.
    of
        What `ours` are those of.

    Raises
    ------
    CaseError
        Some go with none; the message lists them with their shapes.
    """
    for named in (ours, theirs), (_without_model(ours), _without_model(theirs)):
        own, other = named
        if set(own) == set(other) and len(own) == len(ours) and len(other) == len(theirs):
            by_path = dict(zip(theirs, other, strict=True))
            back = {path: name for name, path in by_path.items()}
            pairs = {path: back[short] for path, short in zip(ours, own, strict=True)}
            return _checked(pairs, ours, theirs, (what, of))
    if list(ours.values()) == list(theirs.values()):
        return dict(zip(ours, theirs, strict=True))
    by_shape = {shape: name for name, shape in theirs.items()}
    if set(by_shape) == set(ours.values()) and len(by_shape) == len(ours) == len(theirs):
        return {path: by_shape[shape] for path, shape in ours.items()}  # JAX sorts by name
    raise CaseError(f"{what} do not pair with the variables of {of}: {_unpaired(ours, theirs, of)}")


def _without_model(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return `shapes` without the first part of the paths, where all have the same."""
    first = {path.partition("/")[0] for path in shapes}
    if len(first) != 1 or not all("/" in path for path in shapes):
        return dict(shapes)
    return {path.partition("/")[2]: shape for path, shape in shapes.items()}


def _checked(
    pairs: dict[str, str], ours: Mapping[str, Shape], theirs: Mapping[str, Shape], what: tuple[str, str]
) -> dict[str, str]:
    unlike = {path: name for path, name in pairs.items() if ours[path] != theirs[name]}
    if not unlike:
        return pairs
    said = "; ".join(
        f"`{path}` {ours[path]} with `{name}` {theirs[name]}{_hint(ours[path], theirs[name])}"
        for path, name in unlike.items()
    )
    raise CaseError(
        f"{what[0]} are paired with the variables of {what[1]} by path, and have other shapes: {said}"
    )


def _unpaired(ours: Mapping[str, Shape], theirs: Mapping[str, Shape], of: str) -> str:
    """Return what goes with nothing: by path, or where no path is the same from the first unlike shape on."""
    shared = [path for path in ours if theirs.get(path) == ours[path]]
    if shared:
        lacking = {path: shape for path, shape in ours.items() if path not in shared}
        surplus = {path: shape for path, shape in theirs.items() if path not in shared}
    else:
        same = 0
        for one, other in zip(ours.values(), theirs.values(), strict=False):
            if one != other:
                break
            same += 1
        lacking, surplus = dict(list(ours.items())[same:]), dict(list(theirs.items())[same:])
    hints = (_hint(*shapes) for shapes in zip(lacking.values(), surplus.values(), strict=False))
    hint = next(filter(None, hints), "")
    return (
        "neither the paths are the same nor the shapes, in order; left over are "
        f"{_listed(lacking)} of {of}, and {_listed(surplus)}{hint}"
    )


def _hint(one: Shape, other: Shape) -> str:
    if len(one) == 2 and one == other[::-1] and one != other:
        return (
            " (one is the transpose of the other: PyTorch stores the weights of a Linear layer transposed; save "
            "them with .T)"
        )
    return ""


def _listed(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"`{path}` {shape}" for path, shape in shapes.items()) or "none"

"""Gradients from elsewhere as the reference of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.errors import CaseError
from gradcheck.targets.batches import leaves
from gradcheck.targets.pairing import paired
from gradcheck.targets.saved import Saved, saved


class SavedGradients:
    """A formulation that gives the same gradients whatever it is called with.

    Parameters
    ----------
    origin
        Where they are from.
    gradients, weights
        By the path of the variable.
    loss
        The loss that they are those of; None where it is not known.
    """

    def __init__(
        self, origin: str, gradients: Mapping[str, Array], weights: Mapping[str, Array], loss: float | None
    ) -> None:
        self.origin, self.gradients, self.weights, self.loss = origin, gradients, weights, loss

    def __call__(self, **_: Any) -> list[Any]:
        """Return the gradients, in the order of the variables."""
        return [tf.constant(gradient) for gradient in self.gradients.values()]


def with_saved_reference(case: Case, variables: Mapping[str, Any]) -> Case:
    """Return `case` with its saved gradients as a reference, and the batch of the file where it has none.

    Parameters
    ----------
    variables
        Those of the case, by path.

    Raises
    ------
    CaseError
        There is another reference as well; what was saved does not pair with the variables; or the case has
        another batch than the gradients were computed on.
    """
    for name in ("reference", "reference_variables"):
        if getattr(case, name) is not None:
            raise CaseError(f"the case has {name} and reference_gradients: give one of them")
    found = saved(case.reference_gradients or {})
    shapes = {path: tuple(variable.shape.as_list()) for path, variable in variables.items()}
    weights = _in_order(found.weights, shapes, f"the weights in {found.origin}") if found.weights else {}
    gradients = _in_order(found.gradients, shapes, f"the gradients in {found.origin}")
    return replace(
        case,
        reference=SavedGradients(found.origin, gradients, weights, found.loss),
        reference_gradients=None,
        batch=_batch(case, found),
    )


def _in_order(
    arrays: Mapping[str, Array], shapes: Mapping[str, tuple[int, ...]], what: str
) -> dict[str, Array]:
    pairs = paired(shapes, {name: tuple(array.shape) for name, array in arrays.items()}, what)
    return {path: arrays[pairs[path]] for path in shapes}


def _batch(case: Case, found: Saved) -> Mapping[str, Any]:
    """Return the batch of the case, or that of the file where it has none; an error where they differ."""
    if not case.batch or not found.batch:
        return case.batch or found.batch
    theirs = dict(leaves(found.batch))
    for place, own in leaves(case.batch):
        if place in theirs and not _same(np.asarray(own), theirs[place]):
            raise CaseError(
                f"`{place}` in the batch of the case is not what the gradients in {found.origin} were computed "
                "on: leave out `batch`, and it is taken from there"
            )
    return case.batch


def _same(one: Array, other: Array) -> bool:
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fc":
        return np.array_equal(one, other)
    return bool(np.allclose(one, other, rtol=_SAME, atol=0, equal_nan=True))


_SAME = 1e-6
"""Relative difference up to which numbers are the same: one of both may be float64 and the other float32."""

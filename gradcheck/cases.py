"""A case: two formulations of a loss on one frozen batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

Formulation = Callable[..., Any]
"""An implementation of a loss, called as ``loss(**batch)``; see `Case` for what it may be and return."""

_MARK = "__gradcheck_case__"
_Factory = TypeVar("_Factory", bound=Callable[..., "Case"])


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Two formulations of a loss, and everything that is held fixed while they are compared.

    Parameters
    ----------
    candidate
        The formulation under suspicion. Called as ``candidate(**batch)`` with every array as a
        ``tf.Tensor`` of its own dtype. It returns a scalar (shape ``()`` or ``(1,)``); or a dict of named
        losses, each with its own report; or its gradients, as a list in the order of the variables or a dict by
        path. Or it is a training step that passes its gradients to a Keras optimizer, which is kept from applying
        them. Or it is a compiled Keras model: its ``compute_loss`` on `x`, `y` and `sample_weight` of the batch,
        in training mode.
    reference
        The trusted formulation; called in the same way. If omitted, the candidate on the batch is compared
        with the mean, or the sum, of the same loss on single samples. This shows less: the verdict is
        ``consistent`` at best.
    batch
        Maps names to arrays, tensors, or nested dicts, lists or tuples of them. Arrays with the samples along
        their leading axis may be mixed with others: a vocabulary, the edges of a graph, a scalar. It may be
        omitted if the file of `reference_gradients` contains it.
    variables
        What to differentiate with respect to: a Keras model or layer, a list of variables, or a dict from
        names to any of these. All must be trainable and have a floating-point dtype. A dict with the names of
        named losses says which loss is differentiated with respect to what.
    reference_variables
        The reference's own copy of the variables, in the same forms: another copy of the model, refactored,
        ported, or with another dtype policy. They are paired by path, or else by order and shape, and have the
        candidate's values while the reference runs.
    reference_gradients
        Gradients from another program, instead of `reference`: an npz file, or a dict from names to arrays.
        They are paired with the variables by path, or else by order and shape. A file may also contain the
        batch, the weights and the loss that they were computed with.
    name
        The name of the case in the report; by default the name of the factory, or else of the candidate.
    couples_samples
        The loss is meant to couple samples (contrastive, normalised over the batch): without a reference,
        there is nothing to compare it with.
    samples
        The names of the inputs that have the samples along their leading axis, one or several. By default,
        the arrays that share the most common leading length. It matters only where single samples are needed:
        in a case without a reference, in `fuzz`, and for a second batch drawn from the first.
    loss
        The name of the loss to compare, if both formulations return several. By default, all of them.
    """

    candidate: Formulation
    variables: Any
    batch: Mapping[str, Any] = field(default_factory=dict)
    reference: Formulation | None = None
    reference_variables: Any = None
    reference_gradients: str | os.PathLike[str] | Mapping[str, Any] | None = None
    name: str | None = None
    couples_samples: bool = False
    samples: str | Sequence[str] | None = None
    loss: str | None = None

    def named(self, name: str) -> Case:
        """Return the same case, called `name` unless it has a name of its own."""
        return self if self.name else replace(self, name=name)

    @property
    def title(self) -> str:
        """What the case is called: its name, or else that of its candidate."""
        own = str(getattr(self.candidate, "__name__", "") or getattr(self.candidate, "name", ""))
        return self.name or (own if own.isidentifier() else "case")

    def formulations(self) -> dict[str, Formulation]:
        """Return the formulations by side, the reference first."""
        candidate = {"candidate": self.candidate}
        return candidate if self.reference is None else {"reference": self.reference, **candidate}


def case(factory: _Factory) -> _Factory:
    """Mark a function that returns a `Case`, so that the command line finds it.

    The factory is returned unchanged. Its parameters must have defaults. A parameter called ``seed`` gets the
    seed of the run, and any of them can be set from the command line (``--set samples=500``).
    """
    setattr(factory, _MARK, True)
    return factory


def is_case_factory(thing: object) -> bool:
    """Return whether `thing` was marked with `case`."""
    try:
        return callable(thing) and getattr(thing, _MARK, False) is True
    except Exception:  # an imported object may raise anything when it is inspected
        return False

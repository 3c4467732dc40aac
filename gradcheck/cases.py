"""What is compared: two formulations of a loss on one frozen batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

Formulation = Callable[..., Any]
"""A way to write a loss: called as ``loss(**batch)``, it returns a scalar ``tf.Tensor``."""

_MARK = "__gradcheck_case__"
_Factory = TypeVar("_Factory", bound=Callable[..., "Case"])


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Two formulations of a loss, and everything that is held fixed while they are compared.

    Parameters
    ----------
    candidate
        The formulation that is suspected. Called as ``candidate(**batch)`` with every array as a
        ``tf.Tensor`` of its own dtype; returns a scalar (shape ``()`` or ``(1,)``).
    reference
        The formulation that is trusted; called in the same way. Left out, the candidate on the batch is
        held against the mean, or the sum, of the same loss on single samples, which shows less: the verdict
        is ``consistent`` at best.
    batch
        Name to array, tensor, or a nest (dict, list, tuple) of them. Arrays with the samples along their
        leading axis may stand beside others: a vocabulary, the edges of a graph, a scalar.
    variables
        What to differentiate with respect to: a Keras model or layer, a list of variables, or a dict of
        name to variable. All must be trainable and of a floating dtype.
    name
        How the report calls the case; the name of the factory when left out.
    couples_samples
        The loss is meant to couple samples (contrastive, normalised over the batch): without a reference
        there is then nothing to hold it against.
    samples
        The names of the inputs that have the samples along their leading axis, one or several. Left out,
        these are the arrays that share the most common leading length. Only what needs single samples asks:
        a case without a reference, `fuzz`, a second batch that is drawn from the first.
    """

    candidate: Formulation
    batch: Mapping[str, Any]
    variables: Any
    reference: Formulation | None = None
    name: str | None = None
    couples_samples: bool = False
    samples: str | Sequence[str] | None = None

    def named(self, name: str) -> Case:
        """Return the same case, called `name` unless it has a name of its own."""
        return self if self.name else replace(self, name=name)

    def formulations(self) -> dict[str, Formulation]:
        """Return both formulations by the side they stand on, the reference first."""
        candidate = {"candidate": self.candidate}
        return candidate if self.reference is None else {"reference": self.reference, **candidate}


def case(factory: _Factory) -> _Factory:
    """Mark a function that returns a `Case`, so that the command line finds it.

    The factory is returned unchanged. Its parameters must have defaults; one called ``seed`` is given the
    seed of the run, and any of them can be set from the command line (``--set samples=500``).
    """
    setattr(factory, _MARK, True)
    return factory


def is_case_factory(thing: object) -> bool:
    """Return whether `thing` was marked with `case`."""
    try:
        return callable(thing) and getattr(thing, _MARK, False) is True
    except Exception:  # what a file imports may raise whatever it likes when it is looked at
        return False

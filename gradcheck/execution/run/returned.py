"""What a formulation gave, told from what it returned and from what it handed to optimizers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from gradcheck.errors import CaseError, NamedLossesError, described, unawaited
from gradcheck.execution.run.captured import Captured
from gradcheck.execution.tensorflow_internals import tensor_id
from gradcheck.program.run import Form


@dataclass(frozen=True)
class Given:
    """What a formulation gave.

    Parameters
    ----------
    form
        What it is.
    loss
        The tensor that it is the loss, or that the gradients are those of as they are; None where there is none.
    gradients
        By the path of the variable; None where a loss was returned.
    differentiated
        The one loss that the formulation's own tape was asked for the gradients of, if it was one.
    """

    form: Form
    loss: Any
    gradients: Mapping[str, Any] | None = None
    differentiated: Any | None = None


@dataclass(frozen=True)
class Told:
    """How to tell what came back.

    Parameters
    ----------
    who
        The formulation, for messages.
    variables
        By path: those of its side.
    name
        Which of several named losses is wanted, if one is.
    before
        The number of a tensor that was made before the formulation ran.
    as_taken
        Whether gradients are wanted as the formulation's tape gave them, whatever it made of them then.
    """

    who: str
    variables: Mapping[str, Any]
    name: str | None
    before: int
    as_taken: bool = False

    def given(self, returned: Any, captured: Captured) -> Given:
        """Return what the formulation gave.

        Raises
        ------
        NamedLossesError
            It gave several losses, and none is wanted in particular.
        CaseError
            It gave something that cannot be compared.
        """
        if captured.handed:
            return self._of_gradients("step", self._handed(captured), captured)
        gradients = self._returned_gradients(returned)
        if gradients is not None:
            return self._of_gradients("gradients", gradients, captured)
        if returned is None and captured.applied:
            raise CaseError(
                f"{self.who} passes gradients to an optimizer, but none for the variables of the case: it passes "
                f"those for {_listed(map(_name, captured.applied))}; the case has {_listed(self.variables)}"
            )
        return Given("loss", self._checked(self._chosen(returned)))

    def _of_gradients(self, form: Form, gradients: Mapping[str, Any], captured: Captured) -> Given:
        targets = {id(asked.target): asked.target for asked in captured.asked}
        only = next(iter(targets.values())) if len(targets) == 1 else None
        if self.as_taken and only is not None:
            return Given(form, only)
        return Given(form, self._straight(gradients, captured), gradients, only)

    def _straight(self, gradients: Mapping[str, Any], captured: Captured) -> Any | None:
        """Return the loss that all `gradients` came of in one call of a tape; None where they did not."""
        had = [(one, self.variables[path]) for path, one in gradients.items() if one is not None]
        for asked in captured.asked:
            if had and tensor_id(asked.target) > self.before and all(asked.gave(*pair) for pair in had):
                return asked.target if asked.target.dtype.is_floating else None
        return None

    def _handed(self, captured: Captured) -> dict[str, Any]:
        counts = Counter(id(variable) for _, variable in captured.handed)
        paths = {id(variable): path for path, variable in self.variables.items()}
        twice = [paths[number] for number, count in counts.items() if count > 1 and number in paths]
        if twice:
            raise CaseError(
                f"{self.who} passes the gradient for {_listed(twice)} to an optimizer more than once: of several "
                "steps, the second starts from the weights after the first; compare one step"
            )
        found = {paths[id(v)]: gradient for gradient, v in captured.handed if id(v) in paths}
        return {path: found.get(path) for path in self.variables}

    def _returned_gradients(self, returned: Any) -> dict[str, Any] | None:
        """Return gradients by path where that is what was returned: one for each variable, and of its shape."""
        if isinstance(returned, Mapping):
            named = {str(name): one for name, one in returned.items()}
            fits = bool(named) and set(named) <= set(self.variables) and self._fit(named)
            if fits and all(not self.variables[path].shape.rank for path in named):
                raise CaseError(
                    f"{self.who} returned a dict of scalars by the names of scalar variables: gradients, or "
                    "losses? Return gradients as a list, or call the losses otherwise"
                )
            return {path: named.get(path) for path in self.variables} if fits else None
        if isinstance(returned, list | tuple) and len(returned) == len(self.variables):
            in_order = dict(zip(self.variables, returned, strict=True))
            return in_order if self._fit(in_order) else None
        return None

    def _fit(self, gradients: Mapping[str, Any]) -> bool:
        shapes = {path: self.variables[path].shape for path in gradients}
        return any(one is not None for one in gradients.values()) and all(
            one is None or (_is_gradient(one) and shapes[path].is_compatible_with(one.shape))
            for path, one in gradients.items()
        )

    def _chosen(self, returned: Any) -> Any:
        """Return the one loss that is wanted of several; `returned` itself where it is no dict."""
        if not isinstance(returned, Mapping):
            if self.name is None or returned is None:
                return returned
            raise CaseError(
                f"{self.who} returned {_summary(returned)}; expected a dict of losses with {self.name!r} in it"
            )
        names = [str(name) for name in returned]
        odd = [name for name, loss in returned.items() if not isinstance(loss, tf.Tensor)]
        if odd or not names:
            raise CaseError(
                f"{self.who} returned {_summary(returned)}; expected named losses, each a scalar tf.Tensor"
                f"{self._or_gradients()}"
            )
        if self.name is None:
            raise NamedLossesError(names)
        if self.name not in names:
            raise CaseError(f"{self.who} returned the losses {_listed(names)}, and no {self.name!r}")
        return next(loss for name, loss in returned.items() if str(name) == self.name)

    def _checked(self, loss: Any) -> Any:
        if loss is None:
            raise CaseError(
                f"{self.who} returned None: does it end in `return`? (A training step may return nothing, if it "
                "passes its gradients to a Keras optimizer.)"
            )
        if isinstance(loss, list | tuple):
            raise CaseError(f"{self.who} returned {_summary(loss)}; {self._what_to_write(loss)}")
        if not isinstance(loss, tf.Tensor) or not hasattr(loss, "numpy"):
            raise CaseError(
                f"{self.who} returned {described(loss)}; expected a scalar tf.Tensor"
                f"{unawaited(loss) or ': a value that has left TensorFlow has no gradient'}"
            )
        if not loss.dtype.is_floating:
            raise CaseError(
                f"{self.who} returned a tensor of dtype {loss.dtype.name}; expected a floating-point dtype"
            )
        if tensor_id(loss) <= self.before:
            raise CaseError(
                f"{self.who} returned a tensor that was computed before the call: compute the loss inside, where "
                "the tape sees it"
            )
        return loss

    def _what_to_write(self, returned: Sequence[Any]) -> str:
        scalars = [number for number, one in enumerate(returned) if _is_scalar(one)]
        several = (
            'for a report on each of several losses return a dict: {"actor": ..., "critic": ...}'
            if len(scalars) > 1
            else f"return the loss alone: item {scalars[0]}"
            if scalars
            else "expected a scalar tf.Tensor"
        )
        return f"{several}{self._or_gradients()}"

    def _or_gradients(self) -> str:
        shapes = [f"`{path}` {_shape(variable)}" for path, variable in self.variables.items()]
        shown = ", ".join(shapes[:_SHOWN]) + (", …" if len(shapes) > _SHOWN else "")
        count = "the variable" if len(shapes) == 1 else f"each of the {len(shapes)} variables"
        return f". Gradients would be one for {count}, of its shape: {shown}"


_SHOWN = 6
"""How many variables, or items, a message names at most."""


def _is_gradient(thing: Any) -> bool:
    return isinstance(thing, tf.Tensor | tf.IndexedSlices) and (
        thing.dtype.is_floating or thing.dtype.is_complex
    )


def _is_scalar(thing: Any) -> bool:
    return isinstance(thing, tf.Tensor) and thing.shape.rank == 0 and thing.dtype.is_floating


def _summary(returned: Any) -> str:
    """Return what a nest holds, for a message: ``a tuple of 2: float32 scalar, float32 (8, 1)``."""
    if isinstance(returned, Mapping):
        items = [f"{name!r}: {_kind(item)}" for name, item in list(returned.items())[:_SHOWN]]
    elif isinstance(returned, list | tuple):
        items = [_kind(item) for item in returned[:_SHOWN]]
    else:
        return f"a {_kind(returned)}" if isinstance(returned, tf.Tensor) else described(returned)
    more = ", …" if len(returned) > _SHOWN else ""
    held = f": {', '.join(items)}{more}" if items else ""
    return f"{described(returned)} of {len(returned)}{held}"


def _kind(item: Any) -> str:
    return (
        f"{item.dtype.name} {_shape(item)}"
        if isinstance(item, tf.Tensor | tf.IndexedSlices)
        else described(item)
    )


def _shape(thing: Any) -> str:
    return str(tuple(thing.shape)) if thing.shape.rank else "scalar"


def _name(variable: Any) -> str:
    return str(getattr(variable, "path", None) or variable.name).split(":", maxsplit=1)[0]


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(f"`{name}`" for name in known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")

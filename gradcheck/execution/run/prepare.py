"""Prepare a case to run: its variables by name, its batch as tensors, both checked."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.errors import CaseError, UserCodeError, described, said, user_code
from gradcheck.execution import check_eager
from gradcheck.execution.keras_internals import LAYER_VARIABLE
from gradcheck.execution.run.keras_models import as_function
from gradcheck.execution.run.saved_gradients import SavedGradients, with_saved_reference
from gradcheck.targets.pairing import paired
from gradcheck.targets.samples import NoSampleAxisError, SampleAxis, leading_lengths, sample_axis


@dataclass(frozen=True)
class Prepared:
    """What both formulations are run on.

    `variables` maps paths such as ``actor/dense/kernel`` to `tf.Variable`s; `batch` maps names to
    (nests of) tensors; `axis` is its sample axis, or the error that says why it has none that is known.
    `reference_variables` are the reference's own, by the paths that the candidate's have; `weights` the values to
    compare with, where they are not those that the variables have; `loss` the one that is wanted of several;
    `beside` the values of other variables, by their handles, where a factory has since given them others.
    """

    variables: Mapping[str, Any]
    batch: Mapping[str, Any]
    axis: SampleAxis | NoSampleAxisError
    reference_variables: Mapping[str, Any] | None = None
    weights: Mapping[str, Any] = field(default_factory=dict)
    loss: str | None = None
    beside: list[tuple[Any, Any]] = field(default_factory=list, compare=False)

    def with_weights(self, side: str) -> Mapping[str, Any]:
        """Return the variables of a side, after giving them the values that both sides are compared with.

        They are assigned to: that is for within `frozen`, which puts the values back.
        """
        for path, weights in self.weights.items():
            self.variables[path].assign(tf.cast(weights, self.variables[path].dtype))
        if side != "reference" or self.reference_variables is None:
            return self.variables
        for path, variable in self.reference_variables.items():
            variable.assign(tf.cast(self.variables[path], variable.dtype))
        return self.reference_variables

    def lends_weights(self) -> bool:
        """Return whether the reference's own variables have other values than the candidate's."""
        own = self.reference_variables or {}
        return any(
            not np.array_equal(tf.cast(self.variables[path], one.dtype).numpy(), one.numpy())
            for path, one in own.items()
        )

    @property
    def samples(self) -> int:
        """The number of samples, n; 0 where the batch has no sample axis that is known."""
        return self.axis.length if isinstance(self.axis, SampleAxis) else 0

    @property
    def sample_counts(self) -> frozenset[int]:
        """What may be the number of samples: n, or where that is not known the leading length of each array."""
        return frozenset([self.samples] if self.samples else leading_lengths(self.batch).values())

    def sample_axis(self) -> SampleAxis:
        """Return the sample axis, for what cannot do without; a `CaseError` says why there is none."""
        if isinstance(self.axis, NoSampleAxisError):
            raise self.axis
        return self.axis


def prepare(case: Case) -> Prepared:
    """Check `case` and make it ready to run; a `CaseError` says what is wrong with it."""
    check_eager()
    for what, text in (("name of the case", case.name), ("loss of the case", case.loss)):
        if not isinstance(text, str | None):
            raise CaseError(f"the {what} is {described(text)}; expected text")
    case = ready(case)
    batch = _batch_tensors(case.batch)
    axis = _sample_axis(batch, case.samples)
    for side, formulation in case.formulations().items():
        if not callable(formulation):
            raise CaseError(f"the {side} is {described(formulation)}; expected a function")
    for side, formulation in case.formulations().items():
        _check_call(side, as_function(formulation), batch)
    variables = _named_variables(case.variables)
    weights = case.reference.weights if isinstance(case.reference, SavedGradients) else {}
    return Prepared(variables, batch, axis, _reference_variables(case, variables), weights, case.loss)


def ready(case: Case) -> Case:
    """Return `case` with a reference that can be run, where its reference is gradients from elsewhere."""
    if case.reference_gradients is None:
        return case
    return with_saved_reference(case, _named_variables(case.variables))


def _reference_variables(case: Case, variables: Mapping[str, Any]) -> dict[str, Any] | None:
    if case.reference_variables is None:
        return None
    if case.reference is None:
        raise CaseError(
            "the case has reference_variables and no reference: give the formulation that reads them"
        )
    own = _named_variables(case.reference_variables)
    pairs = paired(_shapes(variables), _shapes(own), "reference_variables")
    return {path: own[pairs[path]] for path in variables}


def _shapes(variables: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {path: tuple(variable.shape.as_list()) for path, variable in variables.items()}


def _sample_axis(batch: Mapping[str, Any], named: Any) -> SampleAxis | NoSampleAxisError:
    try:
        return sample_axis(batch, named)
    except NoSampleAxisError as error:
        return error


def _check_call(side: str, formulation: Any, batch: Mapping[str, Any]) -> None:
    misfit = why_not_called_with(formulation, batch)
    if misfit is not None:
        raise CaseError(f"the {side} cannot be called with the arrays of the batch: {misfit}{_held(batch)}")


def _held(batch: Mapping[str, Any]) -> str:
    return f"; the batch has {', '.join(map(repr, batch))}" if batch else ""


def why_not_called_with(function: Any, arguments: Mapping[str, Any]) -> str | None:
    """Return why `function` cannot be called with `arguments` by name; None where it can, or does not tell."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # some callables do not tell
        return None
    try:
        signature.bind(**arguments)
    except TypeError as error:
        return said(error)
    return None


def _named_variables(given: Any) -> dict[str, Any]:
    named = {path: _checked(path, variable) for path, variable in _paths(given)}
    if not named:
        raise CaseError(f"there are no variables to differentiate with respect to{_why_none(given)}")
    return named


def _why_none(given: Any) -> str:
    if not hasattr(given, "trainable_variables"):
        return ""
    if _is_unbuilt(given):
        return f": {given.name} is not built yet; {_BUILD_IT}"
    name = getattr(given, "name", described(given))
    if not getattr(given, "variables", True):
        return f": {name} has no weights, perhaps because its layers make theirs when they are called; {_BUILD_IT}"
    return f": {name} has no trainable ones"


_BUILD_IT = "call it once on a batch first"


def _is_unbuilt(given: Any) -> bool:
    return getattr(given, "built", True) is False


def _trainable(given: Any) -> Any:
    """Return the trainable variables of a model or layer, also of another Keras; else what is given."""
    hint = f"; {_BUILD_IT}" if _is_unbuilt(given) else ""
    with user_code(f"reading the trainable variables of {described(given)} raised{hint}:"):
        return getattr(given, "trainable_variables", given)


def _paths(given: Any) -> list[tuple[str, Any]]:
    if isinstance(given, Mapping):
        return _unique(_once([pair for name, value in given.items() for pair in _of_name(str(name), value)]))
    given = [given] if _is_variable(given) else _trainable(given)
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise CaseError(
            f"variables is {described(given)}; expected a Keras model or layer, a list of variables, "
            "or a dict of name to variable"
        )
    for position, variable in enumerate(given):
        if not _is_variable(variable):
            raise CaseError(f"variables[{position}] is {described(variable)}; expected a variable")
    return _unique([(_path(variable), variable) for variable in given])


def _of_name(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return what a name stands for in a dict: a variable, or those of a model, a list or another dict."""
    several = isinstance(value, Mapping | list | tuple) or hasattr(value, "trainable_variables")
    if _is_variable(value) or not several:
        return [(name, value)]
    # A model has its own name in front of its variables', which often is the name that it has here, too.
    return [
        (path if path.startswith(f"{name}/") else f"{name}/{path}", variable)
        for path, variable in _paths(value)
    ]


def _once(named: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return each variable once: two models may share layers."""
    first: dict[int, tuple[str, Any]] = {}
    for path, variable in named:
        first.setdefault(id(variable), (path, variable))
    return list(first.values())


def _unique(named: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Tell variables of the same path apart: ``w``, ``w#2``, ``w#3``."""
    seen: Counter[str] = Counter()
    told_apart = []
    for path, variable in named:
        seen[path] += 1
        told_apart.append((path if seen[path] == 1 else f"{path}#{seen[path]}", variable))
    return told_apart


def _path(variable: Any) -> str:
    path = getattr(variable, "path", None) or variable.name
    return str(path).split(":", maxsplit=1)[0]


def _is_variable(thing: Any) -> bool:
    return isinstance(thing, tf.Variable | LAYER_VARIABLE)


def _checked(path: str, variable: Any) -> Any:
    if not _is_variable(variable):
        raise CaseError(f"the variable `{path}` is {described(variable)}; expected a variable")
    if not variable.trainable:
        raise CaseError(f"the variable `{path}` is not trainable: remove it from `variables`")
    inner = variable.value if isinstance(variable, LAYER_VARIABLE) else variable
    if not (inner.dtype.is_floating or inner.dtype.is_complex):
        raise CaseError(
            f"the variable `{path}` is of dtype {inner.dtype.name}; expected a floating-point dtype"
        )
    return inner


def _batch_tensors(batch: Any) -> dict[str, Any]:
    if not isinstance(batch, Mapping):
        raise CaseError(f"batch is {described(batch)}; expected a dict of name to array")
    for name in batch:
        if not isinstance(name, str) or not name:
            raise CaseError(f"batch has the key {name!r}; expected names, because each becomes an argument")
    try:
        return {name: _tensors(f"batch[{name!r}]", value) for name, value in batch.items()}
    except RecursionError as error:
        raise CaseError("the batch is nested too deeply: does it contain itself?") from error


def _tensors(path: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tensors(f"{path}[{key!r}]", item) for key, item in value.items()}
    if isinstance(value, list | tuple) and _holds_arrays(value):
        items = [_tensors(f"{path}[{position}]", item) for position, item in enumerate(value)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, tf.RaggedTensor | tf.SparseTensor):
        return value
    if tf.is_tensor(value):
        return tf.convert_to_tensor(value)  # of a variable, the value that it has now
    array = _array(path, value)
    try:
        return tf.convert_to_tensor(array)
    except (ValueError, TypeError) as error:
        raise CaseError(f"{path} of dtype {array.dtype} cannot become a tensor: {said(error)}") from error


def _array(path: str, value: Any) -> Array:
    try:
        with user_code(f"making an array of {path} raised:"):
            array = np.asarray(value)
    except UserCodeError as error:
        if isinstance(error.error, ValueError):
            why = said(error.error)
            raise CaseError(f"{path} cannot become an array: are its rows unequal? ({why})") from error
        raise
    if array.dtype == object:
        raise CaseError(f"{path} is an array of Python objects; expected numbers (are its rows unequal?)")
    return array


def _holds_arrays(value: Any) -> bool:
    """Tell a nest of arrays from an array that is written as a list of numbers."""
    if isinstance(value, list | tuple):
        return any(_holds_arrays(item) for item in value)
    return isinstance(value, Mapping) or bool(getattr(value, "shape", ()))


def as_arguments(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a function as tensors; a `CaseError` says which cannot be one."""
    check_eager()
    return {name: _tensors(f"the input `{name}`", value) for name, value in inputs.items()}


def leaves(path: str, nest: Any) -> list[tuple[str, Any]]:
    """Return the tensors in `nest`, each with the way to it: ``batch['x'][0]``."""
    if isinstance(nest, Mapping):
        return [leaf for key, item in nest.items() for leaf in leaves(f"{path}[{key!r}]", item)]
    if isinstance(nest, list | tuple):
        return [leaf for place, item in enumerate(nest) for leaf in leaves(f"{path}[{place}]", item)]
    return [(path, nest)]

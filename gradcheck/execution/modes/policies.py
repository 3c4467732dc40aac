"""A case made under a dtype policy of Keras, or under a strategy: what is global is put back afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.cases import Case
from gradcheck.errors import CaseError
from gradcheck.execution.modes.subject import Subject, eagerly
from gradcheck.execution.run.prepare import prepare
from gradcheck.judgement.differences import state

LARGEST_POWER = 15
"""2**15 is the largest loss scale that float16 holds."""


def made_alike(make: Callable[[], Case], subject: Subject) -> Subject:
    """Return a case that is made anew as a subject, with the weights and the batch of another one.

    Raises
    ------
    CaseError
        Its variables are others.
    """
    case = make()
    prepared = prepare(case)
    shapes = [[tuple(v.shape) for v in one.variables.values()] for one in (prepared, subject.prepared)]
    if shapes[0] != shapes[1]:
        raise CaseError(f"made anew, the case has other variables: {shapes[0]}, and not {shapes[1]}")
    for own, other in zip(prepared.variables.values(), subject.variables, strict=True):
        own.assign(tf.cast(tf.convert_to_tensor(other.numpy()), own.dtype))
    if _alike(prepared.batch, subject.prepared.batch):
        case = replace(case, batch=subject.prepared.batch)
        prepared = prepare(case)
    return replace(subject, case=case, prepared=prepared)


def _alike(one: object, other: object) -> bool:
    try:
        tf.nest.assert_same_structure(one, other, expand_composites=True)
    except (ValueError, TypeError):
        return False
    pairs = zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True)
    return all(a.dtype == b.dtype and a.shape == b.shape for a, b in pairs)


def scaled(subject: Subject, power: int) -> list[Array | None]:
    """Return the gradients with a loss scale of 2**power, divided by it again."""
    gradients = eagerly(subject, scale=2.0**power).gradients
    return [None if one is None else one.astype(np.float64) / 2.0**power for one in gradients]


def with_the_largest_scale(subject: Subject) -> tuple[list[Array | None], int]:
    """Return the gradients with the largest loss scale with which they are finite, and its power of two.

    That is what a dynamic loss scale comes down to.
    """
    for power in range(LARGEST_POWER, 0, -1):
        gradients = scaled(subject, power)
        if all(state(one) != "non-finite" for one in gradients):
            return gradients, power
    return scaled(subject, 0), 0


_SETTINGS = ("set_logical_device_configuration", "set_visible_devices")


@contextlib.contextmanager
def settings_stay() -> Iterator[None]:
    """Let a file that is imported once more say which devices there are: they stay those of the first time."""
    originals = {name: getattr(tf.config, name) for name in _SETTINGS}

    def again(original: Callable[..., None]) -> Callable[..., None]:
        def setting(*given: Any, **named: Any) -> None:
            with contextlib.suppress(RuntimeError):  # what TensorFlow raises once it has started
                original(*given, **named)

        return setting

    for name, original in originals.items():
        setattr(tf.config, name, again(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(tf.config, name, original)


def are_distributed(variables: Any) -> bool:
    """Return whether the variables of a case, in whatever form it names them, were made in a strategy's scope."""
    case = Case(candidate=lambda: None, variables=variables)
    return all(isinstance(one, tf.distribute.DistributedValues) for one in prepare(case).variables.values())

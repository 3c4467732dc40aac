"""Run a function for its shapes: once on the batch as it is, and once on one of another size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.errors import CaseError, GradcheckError, UserCodeError, unawaited, user_code, user_traceback
from gradcheck.execution.trace import Tracer
from gradcheck.source import Site, Span, is_user_file, span_of
from gradcheck.trace import Trace

_KEPT = 10_000_000
"""How many elements are kept of what a function computes, to find the same numbers on both sides."""


@dataclass(frozen=True)
class Traced:
    """A trace, and how the run ended.

    `values` are the floating results, by number, where they were wanted. `error` is "" when nothing was
    raised, and else ends in the user's traceback; `raised_at` is the innermost expression of the user's.
    """

    trace: Trace
    values: Mapping[int, np.ndarray[Any, Any]]
    error: str = ""
    raised_at: Span | None = None


def trace_of(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    *,
    keep_values: bool = False,
    watch: Callable[[Tracer], None] | None = None,
) -> Traced:
    """Call `function` with `arguments`, by name, and return what shapes everything had.

    Parameters
    ----------
    keep_values
        Whether to keep what is computed, as far as it is not too much.
    watch
        Called with the tracer before the run, to show how far it has come.
    """
    tracer = Tracer(keep=_KEPT if keep_values else 0)
    if watch is not None:
        watch(tracer)
    given = tf.nest.map_structure(lambda tensor: tensor, dict(arguments))
    try:
        with user_code("it raised:"), tracer.tracing():
            returned = function(**given)
    except CaseError:
        raise
    except GradcheckError as error:
        raised = error.error if isinstance(error, UserCodeError) else error
        return Traced(tracer.finish(given, None), {}, user_traceback(raised), _place_of(raised))
    if hint := unawaited(returned):
        raise CaseError(f"`{getattr(function, '__name__', 'the function')}` returned a coroutine{hint}")
    return Traced(tracer.finish(given, returned), tracer.kept())


def _place_of(error: BaseException) -> Span | None:
    found = None
    traceback = error.__traceback__
    while traceback is not None:
        if is_user_file(traceback.tb_frame.f_code.co_filename):
            found = Site(traceback.tb_frame.f_code, traceback.tb_lasti)
        traceback = traceback.tb_next
    return None if found is None else span_of(found)


def sample_axis(arguments: Mapping[str, Any]) -> int | None:
    """Return n, the length of the leading axis of the first argument that has one."""
    for argument in arguments.values():
        for tensor in tf.nest.flatten(argument):
            if tensor.shape.rank:
                return int(tensor.shape[0])
    return None


def resized(arguments: Mapping[str, Any], samples: int, other: int) -> dict[str, Any]:
    """Return `arguments` with `other` samples instead of `samples`: the first of them, over and over.

    An argument whose leading axis is not `samples` long stays as it is.
    """

    def rows(tensor: Any) -> Any:
        if not tensor.shape.rank or tensor.shape[0] != samples:
            return tensor
        return tf.gather(tensor, np.arange(other) % samples)

    resized_: dict[str, Any] = tf.nest.map_structure(rows, dict(arguments))
    return resized_


def called_by_name(target: Any) -> Callable[..., Any]:
    """Return `target` as a function that takes its arguments by name.

    A Keras model takes one nest of inputs instead: the only one; or a dict, where its inputs have the
    names given; or else a list, in the order given.
    """
    if not isinstance(target, keras.Layer):
        function: Callable[..., Any] = target
        return function

    known = [tensor.name for tensor in getattr(target, "inputs", None) or ()]

    def model(**inputs: Any) -> Any:
        if not inputs:
            raise CaseError(f"{target.name} needs its inputs: give each, for example --input x=float32[32,4]")
        if len(inputs) == 1:
            return target(next(iter(inputs.values())))
        return target(inputs if set(known) == set(inputs) else list(inputs.values()))

    return model

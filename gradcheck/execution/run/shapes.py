"""Run a function for its shapes: once on the batch as it is, and once on one of another size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gradcheck.arrays import Array
from gradcheck.errors import CaseError, GradcheckError, UserCodeError, unawaited, user_code, user_traceback
from gradcheck.execution.record.tracer import Tracer
from gradcheck.execution.run.batch_of_samples import with_rows
from gradcheck.execution.run.captured import capturing
from gradcheck.program.trace import Trace
from gradcheck.source import Site, Span, is_user_file, span_of
from gradcheck.targets.batches import leaves
from gradcheck.targets.samples import SampleAxis

_KEPT = 10_000_000
"""How many elements are kept of what a function computes, to find the same numbers on both sides."""


@dataclass(frozen=True)
class Traced:
    """A trace, and how the run ended.

    `values` are the floating results, by number, where they were wanted. `error` is "" when nothing was
    raised, and else ends in the user's traceback; `raised_at` is the innermost expression of the user's.
    """

    trace: Trace
    values: Mapping[int, Array]
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

    An optimizer that it hands gradients to applies nothing.

    Parameters
    ----------
    keep_values
        Whether to keep computed values, if they are not too large.
    watch
        Called with the tracer before the run, to show how far it has come.
    """
    tracer = Tracer(keep=_KEPT if keep_values else 0)
    if watch is not None:
        watch(tracer)
    given = tf.nest.map_structure(lambda tensor: tensor, dict(arguments))
    try:
        with user_code("it raised:"), tracer.tracing(), capturing():
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


def axis_of_first(arguments: Mapping[str, Any]) -> SampleAxis | None:
    """Return the sample axis, taken to be the leading axis of the first argument that has one."""
    lengths = {place: int(tensor.shape[0]) for place, tensor in leaves(arguments) if tensor.shape.rank}
    if not lengths:
        return None
    first = next(iter(lengths.values()))
    return SampleAxis(first, frozenset(place for place, length in lengths.items() if length == first))


def resized(arguments: Mapping[str, Any], axis: SampleAxis, other: int) -> dict[str, Any]:
    """Return `arguments` with `other` samples: the first of them, over and over."""
    return with_rows(arguments, axis, np.arange(other) % axis.length)


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

"""Who is told of what a program that trains does: of those who watch its thread, the last alone."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import tensorflow as tf

from gradcheck.execution.record.op_hook import paused
from gradcheck.execution.tensorflow_internals import a_tape_records, class_of_eager_tensors, is_replica
from gradcheck.execution.training.hooks import Around, Hook, put_in_place
from gradcheck.execution.training.keras_calls import LayerLosses, hooks_of, is_keras_own


class Listener(Protocol):
    """What is told."""

    losses: LayerLosses

    def failed(self, error: Exception) -> None:
        """Take an error of our own."""

    def took(self, tape: Any, target: Any, sources: Any, gradients: Any, weighted: bool) -> None:
        """Take a gradient."""

    def applies(self, gradients: Any, variables: Any) -> None:
        """Take what an optimizer is handed."""

    def converts(self, tensor: Any) -> None:
        """Take a tensor of which a number or an array is made."""


_entered: list[tuple[int, Listener]] = []
_lock = threading.Lock()
_take_away: dict[Hook, Callable[[], None]] = {}


class _Within(threading.local):
    """Whether this thread is inside a gradient, or tells of one: what is called there is not the program's."""

    busy = False


_within = _Within()


@contextlib.contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of what this thread does inside; those entered in it come first."""
    entry = threading.get_ident(), listener
    with _lock:
        _entered.append(entry)
        _put_in_place()
    try:
        yield
    finally:
        with _lock:
            _entered.remove(entry)  # by itself: it may be left in another thread, or out of order
            if not _entered:
                while _take_away:
                    _take_away.popitem()[1]()


def _put_in_place() -> None:
    """Listen to what is there by now: Keras 2 may be imported later."""
    wanted: dict[Hook, Around] = {Hook(tf.GradientTape, "gradient"): _gradient}
    wanted |= {Hook(_EAGER_TENSOR, name): _conversion for name in _CONVERSIONS}
    of_keras: dict[str, Around] = {"apply": _apply, "losses": _losses, "add_loss": _add_loss}
    wanted |= {hook: around for name, around in of_keras.items() for hook in hooks_of(name)}
    for hook, around in wanted.items():
        if hook not in _take_away:
            _take_away[hook] = put_in_place(hook, around)


_EAGER_TENSOR = class_of_eager_tensors("numpy")
_CONVERSIONS = [
    name for name in ("numpy", "__float__", "__int__", "__array__") if name in _EAGER_TENSOR.__dict__
]


def is_inside_a_gradient() -> bool:
    """Return whether this thread takes a gradient now."""
    return _within.busy


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Tell nobody of what this thread does inside: it is ours."""
    before, _within.busy = _within.busy, True
    try:
        yield
    finally:
        _within.busy = before


def _listener() -> Listener | None:
    """Return who is told of what this thread does: replicas are their strategy's, whoever watches that."""
    here, any_thread = threading.get_ident(), is_replica(threading.current_thread())
    return next((each for thread, each in reversed(_entered) if any_thread or thread == here), None)


def _telling(tell: Callable[[Listener], None]) -> None:
    listener = _listener()
    if listener is None or _within.busy:
        return
    _within.busy = True
    try:
        tell(listener)
    except Exception as error:  # whatever we did wrong, the training is not to end with it
        listener.failed(error)
    finally:
        _within.busy = False


def _gradient(original: Any, tape: Any, *arguments: Any, **named: Any) -> Any:
    if _within.busy:
        return original(tape, *arguments, **named)  # a part of another gradient
    if "tf_keras" in sys.modules and not any(
        hook.owner.__module__.startswith("tf_keras") for hook in _take_away
    ):
        with _lock:
            _put_in_place()  # it was imported only now
    _within.busy = True
    try:
        gradients = original(tape, *arguments, **named)
    finally:
        _within.busy = False
    if sys._getframe(2).f_code.co_filename == _TAPES:
        return gradients  # a part of a jacobian
    target, sources, output_gradients, *_ = (*arguments, *_MISSING)
    target, sources = named.get("target", target), named.get("sources", sources)
    weighted = named.get("output_gradients", output_gradients) is not None
    _telling(lambda listener: listener.took(tape, target, sources, gradients, weighted))
    return gradients


_TAPES = tf.GradientTape.jacobian.__code__.co_filename
_MISSING = (None, None, None)


def _apply(original: Any, optimizer: Any, *arguments: Any, **named: Any) -> Any:
    if original.__name__ == "apply_gradients":  # of Keras 2: handed pairs, which can be gone through once
        pairs = list(arguments[0] if arguments else named.pop("grads_and_vars"))
        arguments = (pairs, *arguments[1:])
        gradients, variables = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    else:
        gradients, variables = (
            (*arguments, named.get("trainable_variables"))[:2] if arguments else (None, None)
        )
    if gradients is not None and variables is not None:
        _telling(lambda listener: listener.applies(gradients, variables))
    with paused() if is_keras_own(optimizer) else contextlib.nullcontext():
        return original(optimizer, *arguments, **named)


def _losses(original: Any, layer: Any) -> Any:
    _telling(lambda listener: listener.losses.read(layer))
    return original(layer)


def _add_loss(original: Any, layer: Any, *arguments: Any, **named: Any) -> Any:
    if a_tape_records():
        _telling(lambda listener: listener.losses.add(layer))
    return original(layer, *arguments, **named)


def _conversion(original: Any, tensor: Any, *arguments: Any, **named: Any) -> Any:
    if a_tape_records():
        _telling(lambda listener: listener.converts(tensor))
    return original(tensor, *arguments, **named)

"""A callback of Keras's that enters a guard when a `fit` begins, and leaves it when it ends."""

from __future__ import annotations

from typing import Any

import keras


def callback(guard: Any, logs: Any = None) -> Any:
    """Return a callback that watches with `guard`, which may be entered again.

    Parameters
    ----------
    logs
        Called with the places of the guard at the end of each epoch; returns what is added to Keras's logs.
    """
    return _GuardedFit(guard, logs)


class _GuardedFit(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no type information
    def __init__(self, guard: Any, logs: Any) -> None:
        super().__init__()
        self._logs = logs
        self._guard = guard
        self._is_entered = False

    @property
    def findings(self) -> tuple[Any, ...]:
        """What was found so far."""
        return tuple(self._guard.findings)

    @property
    def places(self) -> tuple[Any, ...]:
        """Where gradients were taken so far, with each variable's."""
        return tuple(self._guard.places)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._trace_anew()

    def on_train_begin(self, logs: Any = None) -> None:
        self._leave()  # of a fit that raised
        self._guard.__enter__()
        self._is_entered = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._logs is not None and logs is not None:
            logs.update(self._logs(self._guard.places))

    def on_train_end(self, logs: Any = None) -> None:
        self._trace_anew()
        self._leave()

    def _leave(self) -> None:
        if self._is_entered:
            self._is_entered = False
            self._guard.__exit__(None, None, None)

    def _trace_anew(self) -> None:
        """Let the model trace its step again: one that is traced already is not seen, or is seen for good."""
        self.model.train_function = None

    def _implements_train_batch_hooks(self) -> bool:
        return False  # Keras 2 asks

    _implements_test_batch_hooks = _implements_predict_batch_hooks = _implements_train_batch_hooks

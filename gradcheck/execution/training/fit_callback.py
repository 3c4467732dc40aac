"""A callback of Keras's that enters a guard when a `fit` begins, and leaves it when it ends."""

from __future__ import annotations

from typing import Any

import keras


def callback(guard: Any, figures: Any = None, *, into_logs: bool = True, told: Any = None) -> Any:
    """Return a callback that watches with `guard`, which may be entered again.

    Parameters
    ----------
    figures
        Called with the places of the guard at the end of each epoch; returns figures by name.
    into_logs
        Whether these are added to Keras's logs.
    told
        Who is told of them, and of the findings: has `check_run`, `tell_epoch` and `tell_findings`.
    """
    return _GuardedFit(guard, figures, into_logs, told)


class _GuardedFit(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no type information
    def __init__(self, guard: Any, figures: Any, into_logs: bool, told: Any) -> None:
        super().__init__()
        self._figures = figures
        self._into_logs = into_logs
        self._told = told
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
        if self._told is not None:
            self._told.check_run()
        self._leave()  # of a fit that raised
        self._guard.__enter__()
        self._is_entered = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self._figures is None:
            return
        figures = self._figures(self._guard.places)
        if self._into_logs and logs is not None:
            logs.update(figures)
        if self._told is not None:
            self._told.tell_epoch(figures)

    def on_train_end(self, logs: Any = None) -> None:
        self._trace_anew()
        try:
            self._leave()  # may raise for what it found
        finally:
            if self._told is not None:
                self._told.tell_findings(self.findings)

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

"""The way in from Keras: callbacks for `Model.fit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.training.guard import On


def GradientHealth(on: On = "warn", *, logs: bool = False, wandb: bool = False) -> Any:  # noqa: N802 - it stands for a class of Keras's
    """Return a Keras callback that checks every gradient of a `fit`, as `gradcheck.guard` does.

    ``model.fit(x, y, callbacks=[gradcheck.callbacks.GradientHealth()])``. The step is traced again for that
    `fit`, even if the model was fitted before; its numbers do not change. It does not check what happens between
    the gradient and the weights, or whether the loss is the intended one.

    Parameters
    ----------
    on
        As of `gradcheck.guard`. Findings on gradients are reported when the `fit` ends.
    logs
        Adds to the logs of each epoch, so that callbacks after this one, such as Keras's `TensorBoard`, write
        them: ``gradient_norm`` (over all variables, in the last step), ``gradients_zero`` (for how many variables
        it was zero or None in every step) and ``gradients_not_finite`` (for how many it was not finite in some).
    wandb
        Logs the same figures to the active run of Weights & Biases as ``gradcheck/gradient_norm`` and so on, and
        writes the findings into its summary.

    Returns
    -------
    keras.callbacks.Callback
        With the `findings` and the `places` of a guard.

    Raises
    ------
    ValueError
        `on` is none of the three.
    GradcheckError
        When the `fit` begins: `wandb` is wanted, and `wandb.init` has not been called.
    """
    from gradcheck.execution.training.fit_callback import callback
    from gradcheck.training.epoch_logs import epoch_logs
    from gradcheck.training.guard import Guard

    if wandb:
        from gradcheck.training import wandb_summaries

        return callback(Guard(on), epoch_logs(), into_logs=logs, told=wandb_summaries)
    return callback(Guard(on), epoch_logs() if logs else None)

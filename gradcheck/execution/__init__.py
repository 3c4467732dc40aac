"""Everything that runs TensorFlow, and the only folder that imports it."""

import os
import sys

from gradcheck.errors import CaseError, said
from gradcheck.system.collecting import without_collecting
from gradcheck.system.interrupts import raise_if_pressed


def start() -> None:
    """Import TensorFlow and Keras, and leave TensorFlow's devices alone.

    Which devices and how many threads it has can be set until the first op runs, and the user's file may do so.

    Raises
    ------
    CaseError
        They cannot be imported, or Keras runs on something other than TensorFlow.
    """
    try:
        with without_collecting():  # a fifth of the time of these imports
            import keras
            import tensorflow  # noqa: F401 - what follows needs it
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever it is that an installation raises, here it ends
        raise_if_pressed()
        kind = "" if said(error) else type(error).__name__
        raise CaseError(
            f"TensorFlow and Keras could not be imported: {kind}{said(error)}{_backend_hint()}"
        ) from error
    if keras.backend.backend() != "tensorflow":
        raise CaseError(
            f"Keras runs on {keras.backend.backend()}; gradcheck needs it on TensorFlow: "
            "set KERAS_BACKEND=tensorflow"
        )


def versions() -> dict[str, str | None]:
    """Return the versions of what computes; None for what is not imported.

    The modules themselves are asked: TensorFlow is installed under several names (tensorflow-cpu, tf-nightly).
    """
    return {
        name: getattr(sys.modules.get(name), "__version__", None) for name in ("tensorflow", "keras", "numpy")
    }


def check_eager() -> None:
    """Raise a `CaseError` where eager execution was switched off: nothing could be recorded, or run."""
    import tensorflow as tf

    if not tf.executing_eagerly():
        raise CaseError(
            "eager execution is disabled, but gradcheck runs losses eagerly: remove "
            "tf.compat.v1.disable_eager_execution() (or disable_v2_behavior()), and do not create a case "
            "inside a tf.Graph"
        )


def _backend_hint() -> str:
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow":
        return ""
    return f"; gradcheck needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow, it is {backend}"

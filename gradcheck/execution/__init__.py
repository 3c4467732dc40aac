"""Everything that runs TensorFlow, and the only folder that imports it."""

import os

from gradcheck.errors import CaseError


def start() -> None:
    """Import TensorFlow and Keras, and leave TensorFlow's devices alone.

    Which devices and how many threads it has can be set until the first op runs, and the user's file may do so.

    Raises
    ------
    CaseError
        They cannot be imported, or Keras runs on something other than TensorFlow.
    """
    try:
        import keras
        import tensorflow  # noqa: F401 - what follows needs it
    except Exception as error:
        raise CaseError(f"TensorFlow and Keras could not be imported: {error}{_backend_hint()}") from error
    if keras.backend.backend() != "tensorflow":
        raise CaseError(
            f"Keras runs on {keras.backend.backend()}; gradcheck needs it on TensorFlow: "
            "set KERAS_BACKEND=tensorflow"
        )


def _backend_hint() -> str:
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow":
        return ""
    return f"; gradcheck needs Keras on TensorFlow: set KERAS_BACKEND=tensorflow, it is {backend}"

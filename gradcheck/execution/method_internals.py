"""Methods that were made by `tf.function`: which object they belong to. TensorFlow does not keep it alive.

No other file uses this private part, and `tests/execution/test_internals.py` shows what is relied on.
"""

from __future__ import annotations

import inspect
from typing import Any

from tensorflow.python.eager.polymorphic_function.tf_method_target import TfMethodTarget


def owner_of(function: Any) -> tuple[Any] | None:
    """Return the object whose method a `tf.function` is, alone in a tuple: None in it where the object is gone.

    None where it is no method. It is bound to a `TfMethodTarget`, which has a weak reference to the object as
    `target`. Public: none.
    """
    try:
        bound = getattr(inspect.unwrap(getattr(function, "python_function", function)), "__self__", None)
    except ValueError:  # what says that it wraps itself
        return None
    return (bound.target,) if isinstance(bound, TfMethodTarget) else None

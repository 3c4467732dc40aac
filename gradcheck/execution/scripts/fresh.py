"""Two scripts that run in one process, each as if it were the first."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import keras

from gradcheck.execution.run.freeze import seeded
from gradcheck.source import is_user_file


@contextlib.contextmanager
def as_the_first(seed: int) -> Iterator[None]:
    """Start every global random generator from `seed`, and layers' names and global settings of Keras anew.

    The user's own modules that are imported inside are forgotten on leaving: the next script imports them again.
    """
    keras.utils.clear_session()
    legacy = sys.modules.get("tf_keras")
    if legacy is not None:
        legacy.backend.clear_session()
    before = set(sys.modules)
    try:
        with seeded(seed):
            yield
    finally:
        for name in set(sys.modules) - before:
            if is_user_file(getattr(sys.modules[name], "__file__", None) or "<frozen "):
                del sys.modules[name]

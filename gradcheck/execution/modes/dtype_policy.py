"""Keras's global dtype policy, for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def policy(name: str | None) -> Iterator[None]:
    """Let layers that are made inside compute as a dtype policy says; None leaves it as it is."""
    before = keras.config.dtype_policy()
    if name is not None:
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)

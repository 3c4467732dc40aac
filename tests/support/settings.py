"""An op of a recording with other arguments, as tests write it."""

from __future__ import annotations

from gradcheck.repair.language import Own, Value


def with_settings(**settings: Value) -> Own:
    """Return the op with some of its arguments set."""
    return Own(settings=tuple(settings.items()))

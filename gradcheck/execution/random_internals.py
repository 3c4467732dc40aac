"""The private functions of TensorFlow through which Python draws random numbers, by what they draw.

No other file uses one, and `tests/execution/test_internals.py` shows that all public ways to draw go through them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, Literal

from tensorflow.python.ops import gen_random_ops, gen_stateless_random_ops, gen_stateless_random_ops_v2

_Kind = Literal["uniform", "normal", "truncated", "whole"]
_Draw = Callable[[_Kind, Any, Any, Any, Any], Any]

_DRAWING: dict[ModuleType, dict[str, _Kind]] = {
    gen_random_ops: {
        "random_uniform": "uniform",
        "random_standard_normal": "normal",
        "truncated_normal": "truncated",
        "random_uniform_int": "whole",
    },
    gen_stateless_random_ops: {
        "stateless_random_uniform": "uniform",
        "stateless_random_normal": "normal",
        "stateless_truncated_normal": "truncated",
        "stateless_random_uniform_int": "whole",
    },
    gen_stateless_random_ops_v2: {
        "stateless_random_uniform_v2": "uniform",
        "stateless_random_normal_v2": "normal",
        "stateless_truncated_normal_v2": "truncated",
        "stateless_random_uniform_int_v2": "whole",
    },
}
"""Generated wrappers of ops, `gen_random_ops` and its like. Public: `tf.raw_ops`, which are others."""

_BEFORE_BOUNDS = {gen_random_ops: 1, gen_stateless_random_ops: 2, gen_stateless_random_ops_v2: 4}
"""How many arguments stand before `minval` and `maxval` in those that draw whole numbers."""


@contextlib.contextmanager
def draws_replaced(draw: _Draw) -> Iterator[None]:
    """Let `draw` give the numbers, called with their kind, shape, dtype, and for whole ones their bounds."""
    originals = {
        (module, name): getattr(module, name) for module, names in _DRAWING.items() for name in names
    }
    try:
        for module, name in originals:
            setattr(module, name, _replaced(draw, module, _DRAWING[module][name]))
        yield
    finally:
        for (module, name), original in originals.items():
            setattr(module, name, original)


def _replaced(draw: _Draw, module: ModuleType, kind: _Kind) -> Callable[..., Any]:
    first = _BEFORE_BOUNDS[module]
    place_of_dtype = 1 if module is gen_random_ops else first

    def drawn(shape: Any, *given: Any, **named: Any) -> Any:
        arguments = (shape, *given)
        if kind == "whole":
            low = named.get("minval", arguments[first] if len(arguments) > first else None)
            high = named.get("maxval", arguments[first + 1] if len(arguments) > first + 1 else None)
            return draw(kind, shape, None, low, high)
        at = arguments[place_of_dtype] if len(arguments) > place_of_dtype else None
        return draw(kind, shape, named.get("dtype", at), None, None)

    return drawn

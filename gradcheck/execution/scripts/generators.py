"""Where the random generators of a script stand."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.execution.run.python_generators import comparable
from gradcheck.execution.tensorflow_internals import seed_state

States = Mapping[str, Any]
"""By what a report calls a generator: its state, for comparison."""


def generator_states(names: Mapping[str, Any]) -> States:
    """Return the states of the global generators and of those among `names`, the globals of a script.

    Those that a script holds elsewhere, in an object or a closure, are not among them.
    """
    found = {
        "Python's random": random.getstate(),
        "NumPy's np.random": np.random.get_state(),
        "TensorFlow's global generator": seed_state(),
    }
    held = [(name, state) for name, thing in names.items() if (state := _state(thing)) is not None]
    found |= {f"the generator `{name}`": state for name, state in held}
    return {name: comparable(state) for name, state in found.items()}


def _state(thing: Any) -> Any:
    match thing:
        case np.random.Generator():
            return thing.bit_generator.state
        case np.random.RandomState():
            return thing.get_state()
        case random.SystemRandom():
            return None
        case random.Random():
            return thing.getstate()
    return None

"""Helpers of the tests of the guard."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from collections.abc import Callable
from typing import Any


def built(target: Callable[..., Any], source: str) -> Callable[..., Any]:
    """Return `run` of a source, written to a file of its own: its line 3 is the first of `source`."""
    path = target("import tensorflow as tf\n\n" + textwrap.dedent(source).strip() + "\n")
    spec = importlib.util.spec_from_file_location("target", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["target"] = module  # AutoGraph looks there for the module of a lambda
    spec.loader.exec_module(module)
    return module.run

"""Every private or undocumented part of hypothesis that gradcheck stands on.

No other file uses one, and `tests/execution/test_internals.py` shows the behaviour that is relied on.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator

from hypothesis.configuration import set_hypothesis_home_dir


class LeavesEngine(BaseException):
    """Passes through `hypothesis.find` at once; an `Exception` it would take for a counterexample, and shrink.

    Documented of neither. Public: none.
    """


@contextlib.contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Keep the engine from making a folder `.hypothesis` where the user stands.

    `hypothesis.configuration.set_hypothesis_home_dir`. Public: none; `HYPOTHESIS_STORAGE_DIRECTORY`, an
    environment variable, is read once.
    """
    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)

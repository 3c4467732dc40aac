"""An example of a cause: a wrong and a right version of one loss, and what is reported for the wrong one."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from gradcheck.judgement.verdict import Verdict

MARK = "  # <--"
"""Ends the line of the wrong formulation that the finding points to."""

_FILE = """\
import gradcheck
import numpy as np
import tensorflow as tf


@gradcheck.case
def example(seed=0):
    draw = np.random.default_rng(seed)
{setup}
{right}
{wrong}
    return gradcheck.Case(reference=right, candidate=wrong, batch=batch, variables=variables)
"""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A wrong and a right formulation that run, as source: nothing here imports TensorFlow.

    Parameters
    ----------
    title
        What the loss is for.
    setup
        Defines ``batch`` and ``variables`` from the random generator ``draw``.
    right, wrong
        The functions ``right`` and ``wrong``; `MARK` ends the line that the finding points to.
    says
        The message of the finding.
    fix
        The text of its fix, or None where no single edit repairs it.
    verdict
        On ``wrong`` against ``right``.
    severity
        Of the finding; ``error`` where it explains the verdict.
    """

    title: str
    setup: str
    right: str
    wrong: str
    says: str
    fix: str | None = None
    verdict: Verdict = "different"

    def file(self) -> str:
        """Return the example as a file that ``gradcheck diff`` takes."""
        parts = {name: _block(getattr(self, name)) for name in ("setup", "right", "wrong")}
        return _FILE.format(**{name: textwrap.indent(text, "    ") for name, text in parts.items()})

    @property
    def marked_line(self) -> int:
        """The number of the marked line of `file`, from 1."""
        lines = self.file().splitlines()
        return next(number for number, line in enumerate(lines, start=1) if line.endswith(MARK))


def _block(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"

"""The command line: parse, call, show, exit code. No decision is taken here.

One file per command. What takes long to import is imported where it is used, so that ``--help`` answers at
once.
"""

from gradcheck.cli.app import app, main
from gradcheck.cli import diff, modes, shapes, fuzz, run, reading

__all__ = ["app", "diff", "fuzz", "main", "modes", "reading", "run", "shapes"]

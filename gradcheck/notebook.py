"""The way in from IPython: ``%load_ext gradcheck``, and then ``%%gradcheck`` above a cell that trains."""

from __future__ import annotations

import ast
import re
import traceback
from typing import Any

from gradcheck.errors import TargetError
from gradcheck.source import cell_name


def register(shell: Any) -> None:
    """Give an IPython shell the cell magic ``%%gradcheck``."""

    def gradcheck(line: str, cell: str) -> Any:
        """Run the cell under `gradcheck.guard`, and show every gradient that it takes and what is wrong."""
        if line.strip():
            raise TargetError(f"%%gradcheck {line.strip()}: it takes no options")
        return _watched(shell, cell)

    shell.register_magic_function(gradcheck, "cell", "gradcheck")


def _watched(shell: Any, cell: str) -> Any:
    """Run a cell; return the value of its last expression, which IPython then shows as ever."""
    from gradcheck.training.guard import Guard

    guard = Guard("collect")
    try:
        with guard:
            return _run(shell, cell)
    finally:
        _show(guard)


def _run(shell: Any, cell: str) -> Any:
    # The magic's own line is in front, and the empty ones that IPython drops: lines are numbered as they are read.
    empty = next((number for number, line in enumerate(cell.splitlines()) if line.strip()), 0)
    source = "\n" * (1 + empty) + shell.transform_cell(cell)
    file = shell.compile.cache(source, _number_of_the_cell(shell))
    body = shell.compile.ast_parse(source, file)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    exec(shell.compile(body, file, "exec"), shell.user_ns)
    if last is None:
        return None
    return eval(shell.compile(ast.Expression(last.value), file, "eval"), shell.user_ns)


def _number_of_the_cell(shell: Any) -> int:
    """Return the number of the cell that is running; versions of IPython count it earlier or later."""
    for frame, _ in traceback.walk_stack(None):
        name = cell_name(frame.f_code.co_filename)
        if name is not None and (number := re.search(r"\d+", name)):
            return int(number[0])
    return int(shell.execution_count)


def _show(guard: Any) -> None:
    from IPython.display import display

    from gradcheck.report.health_html import run_fragment
    from gradcheck.report.health_table import to_text
    from gradcheck.report.run_report import RunReport

    report = RunReport(guard.places, guard.findings)
    shown = {"text/plain": to_text(report), "text/html": run_fragment(report)}
    display(shown, raw=True)  # type: ignore[no-untyped-call]  # IPython has types for a part of itself

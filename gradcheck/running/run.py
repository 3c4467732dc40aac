"""Modes of one case, run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gradcheck.errors import GradcheckError, why
from gradcheck.running.bench import Bench, NotApplicableError, NotRunError
from gradcheck.running.plain import last_line
from gradcheck.running.registry import Mode
from gradcheck.running.result import Row

OnMode = Callable[[str], None]
"""Called with the name of each mode that begins."""


def rows_of(bench: Bench, modes: Sequence[Mode], begins: OnMode) -> Iterator[Row]:
    """Yield the row of each mode; one that raises something unforeseen says so, and the others are still run."""
    for mode in modes:
        begins(mode.name)
        yield _row(bench, mode)


def _row(bench: Bench, mode: Mode) -> Row:
    try:
        if mode.place != "here" and bench.make is None and bench.strategy is None:
            raise NotRunError(f"it needs a process of its own, and the case made there: {bench.how}")
        return mode.row(bench)
    except NotApplicableError as reason:
        return Row(mode=mode.name, verdict="not_applicable", note=str(reason))
    except NotRunError as reason:
        return Row(mode=mode.name, verdict="not_run", note=str(reason))
    except GradcheckError as error:
        return Row(mode=mode.name, verdict="not_run", note=last_line(error))
    except (
        Exception
    ) as error:  # whatever TensorFlow or the user's code raises, or a fault of ours: it is said
        return Row(mode=mode.name, verdict="not_run", note=why(error).strip().splitlines()[0], failed=True)


def about(bench: Bench) -> str:
    """Return what holds for all modes of a case."""
    if not bench.base.draws:
        return ""
    if bench.base.unsteady:
        return "it draws random numbers, some of which could not be made the same in every mode"
    return "it draws random numbers: every mode was given the same ones for each sample"

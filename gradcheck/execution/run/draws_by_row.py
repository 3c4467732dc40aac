"""Random numbers of a batch frozen by row: on a single sample, a formulation draws what the batch drew for it.

What a formulation draws on its batch is kept, draw by draw in order. Whenever it runs again, its draws are run and
what they give is replaced by the rows that were kept. So they are constants, which need no generator to agree.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import tensorflow as tf

from gradcheck.cases import Case
from gradcheck.errors import GradcheckError
from gradcheck.execution.record.op_hook import op_hook
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.prepare import prepare
from gradcheck.execution.run.rows_drawn import Draws, drawing_from
from gradcheck.execution.run.runners import running_instead
from gradcheck.program.ops import DRAW_DIFFERENTIABLY, is_draw


@contextlib.contextmanager
def drawing_by_row(case: Case) -> Iterator[bool]:
    """Freeze what the candidate of `case` draws through ops on its batch; yields whether it draws at all.

    A draw whose rows are not those of the batch is given whole where it has the shape that it had. Not frozen:
    what NumPy and Python draw, and draws within functions that run as graphs.
    """
    draws = _drawn(case)
    if not draws:
        yield False
        return
    with drawing_from(draws), running_instead(partial(_instead, draws.rows)):
        yield True


def _drawn(case: Case) -> Draws:
    found = Draws()
    prepared = prepare(case)
    with (
        contextlib.suppress(GradcheckError),  # it is said when it is compared
        frozen(0, [case.candidate]) as world,
        running_instead(partial(_instead, found.keep)),
    ):
        world.run(partial(run, "candidate", case.candidate, prepared))
    return found


def _instead(given: Callable[[Any], Any], kind: Any, execute: Callable[[], Any]) -> Any:
    """Run an op; of a draw, return what `given` makes of it, unseen by hooks: it is no draw any more."""
    if not _freezes[kind]:
        return execute()
    with op_hook(_unseen):
        made = execute()
    if isinstance(made, list):
        return [given(each) for each in made]
    return given(made)


class _Freezes(dict[Any, bool]):
    """Whether an op draws, by its name, and nothing of what it gives is made of what it is given."""

    def __missing__(self, name: str | bytes) -> bool:
        kind = tf.compat.as_str(name)
        self[name] = is_draw(kind) and kind not in DRAW_DIFFERENTIABLY and "Shuffle" not in kind
        return self[name]


_freezes = _Freezes()


def _unseen(*_: Any, **__: Any) -> None:
    pass

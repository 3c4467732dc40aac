"""Which `tf.function` of the user's gives something else than it does when it is traced again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.modes.subject import Subject, eagerly_except
from gradcheck.program.run import Called


def stale(
    subject: Subject, functions: Sequence[Called], agrees: Callable[[Sequence[Array | None]], bool]
) -> Called | None:
    """Return the function that alone makes the difference, and none when it is traced again; None where none is.

    Parameters
    ----------
    agrees
        Returns whether gradients are the right ones.
    """
    for called in {id(one.function): one for one in functions}.values():
        try:
            as_traced = agrees(eagerly_except(subject, called.function, anew=False).gradients)
            anew = agrees(eagerly_except(subject, called.function, anew=True).gradients)
        except GradcheckError:
            continue
        if anew and not as_traced:
            return called
    return None

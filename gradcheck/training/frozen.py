"""Entry point for cases that were cut out of a script: what the script had, read from the file beside the case."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.execution.cut.frozen import FrozenValues


def frozen(case: str | os.PathLike[str]) -> FrozenValues:
    """Return the values that ``gradcheck run --save-case`` froze beside a case.

    Parameters
    ----------
    case
        The case's own file: ``gradcheck.frozen(__file__)``. The values are in the npz file of the same name.

    Raises
    ------
    ArrayFileError
        The npz file is missing or damaged.
    CaseError
        It was not written with a case.
    """
    from gradcheck.execution.cut.frozen import FrozenValues

    return FrozenValues(pathlib.Path(case).with_suffix(".npz"))

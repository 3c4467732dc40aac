"""What is said of a case that was cut out of a script."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcheck.training.save_case import SavedCase
    from gradcheck.training.single_samples import SampleCheck


def lines_on(saved: SavedCase) -> Iterator[str]:
    """Yield the lines that are printed."""
    arrays = saved.file.with_suffix(".npz")
    second = ", and the next gradient there is the second batch" if saved.batches > 1 else ""
    variables = "1 variable" if saved.variables == 1 else f"{saved.variables} variables"
    rows = "1 row" if saved.samples == 1 else f"{saved.samples} rows"  # of which the loss may take some only
    yield f"wrote {saved.file} and {arrays}"
    yield f"the gradient at {saved.place} for {variables}; the batch has {rows}{second}"
    if saved.wrong:
        yield saved.wrong
        yield from (f"left out: {each}" for each in saved.left_out)
    else:
        yield f"run by itself, its gradients differ from the script's by {saved.off:.0e} of their norm"
        yield f"next: gradcheck diff {shlex.quote(str(saved.file))}"
    if saved.others:
        yield f"other gradients, for --at: {', '.join(saved.others)}"


_NOT_SHOWN = "a wrong sign, divisor or mask, or a missing stop_gradient, would go unnoticed"


def line_on_check(check: SampleCheck) -> str:
    """Return what came of comparing a block with its single samples."""
    if check.verdict is None:
        return f"single samples: {check.place}: not compared: {check.why}"
    batches = "1 batch" if check.batches == 1 else f"{check.batches} batches"
    held = [f"{', '.join(check.fixed)} as in inference"] if check.fixed else []
    held += ["random numbers frozen by row"] if check.draws else []
    fixed = f", with {' and '.join(held)}" if held else ""
    equal = ", ".join(f"`{name}`" for name in check.equal)
    unseen = f"; all rows of {equal} are equal: a wrong pairing of them would not be noticed" if equal else ""
    besides = f", but for what {check.held} made of them" if check.held else ""
    meaning = {
        "consistent": f"no sample depends on the others{besides}; {_NOT_SHOWN}{unseen}",
        "different": "samples are combined by accident, see above",
    }.get(check.verdict, check.why)
    return f"single samples: {check.place}: {check.verdict} on {batches}{fixed}: {meaning}"

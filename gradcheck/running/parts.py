"""A batch in parts, one after the other or on replicas: how their gradients make that of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gradcheck.arrays import Array
from gradcheck.comparison.coupled_samples import in_words
from gradcheck.errors import GradcheckError
from gradcheck.execution.modes import subject as ways
from gradcheck.execution.modes.strategies import halves
from gradcheck.execution.modes.subject import Loss, Taken
from gradcheck.execution.modes.trainer import normalising_layers
from gradcheck.judgement.modes import ROUNDING_UNIT, Comparison, combined, sizes_of
from gradcheck.running.bench import Bench, NotApplicableError, NotRunError
from gradcheck.running.parting import of_halves
from gradcheck.running.plain import last_line, no_samples
from gradcheck.running.result import Row
from gradcheck.running.words import COUPLES, share

How = Literal["mean", "sum", "once"]
"""How the parts' gradients make that of the batch: their mean weighted by size, their sum, or their sum with what
no sample changes (a penalty on the weights) counted once."""


@dataclass(frozen=True)
class Joined:
    """The gradient that parts make together.

    Parameters
    ----------
    how
        None where they make another one in each way that there is; then `found` is about their mean.
    """

    found: Comparison
    how: How | None


def taken_in_parts(bench: Bench, rows: Sequence[Array], loss: Loss | None = None) -> list[Taken]:
    """Take the gradient of each part by itself, of the formulation or another loss.

    Raises
    ------
    NotRunError
        The formulation raised on one of them.
    """
    try:
        return [ways.eagerly(bench.subject, bench.subject.rows(part), loss) for part in rows]
    except GradcheckError as error:
        raise NotRunError(f"on a part of the batch alone, {last_line(error)}") from error


def joined(bench: Bench, parts: Sequence[Taken], rows: Sequence[Array]) -> Joined:
    """Join parts in the way that makes the gradient of the batch, if one does."""
    gradients = [part.gradients for part in parts]
    found = join(bench, gradients, rows, bench.base.exact)
    if found.how is not None:
        return found
    counted = combined([*gradients, _unchanged(bench)], [*[1.0] * len(rows), 1.0 - len(rows)])
    once = bench.compared(counted, further=_rounding(bench, gradients, [float(len(rows))] * len(rows)))
    return found if once.verdict == "different" else Joined(once, "once")


def join(
    bench: Bench,
    parts: Sequence[Sequence[Array | None]],
    rows: Sequence[Array],
    exact: Sequence[Array | None],
) -> Joined:
    """Join gradients in the way that makes `exact`, if one does: as their mean, or their sum."""
    mean = _against(bench, parts, shares_of(rows), exact)
    if mean.verdict != "different":
        return Joined(mean, "mean")
    added = _against(bench, parts, [1.0] * len(rows), exact)
    return Joined(mean, None) if added.verdict == "different" else Joined(added, "sum")


def _against(
    bench: Bench,
    parts: Sequence[Sequence[Array | None]],
    shares: Sequence[float],
    exact: Sequence[Array | None],
) -> Comparison:
    further = _rounding(bench, parts, shares)
    return bench.compared(combined(parts, shares), further=further, exact=exact)


def _rounding(bench: Bench, parts: Sequence[Sequence[Array | None]], shares: Sequence[float]) -> list[float]:
    """Return what the rounding of parts leaves in their sum, where they nearly cancel."""
    unit = ROUNDING_UNIT[bench.base.precision]
    return [unit * size for size in sizes_of(parts, shares)]


def shares_of(rows: Sequence[Array]) -> list[float]:
    """Return which share of the samples each part has."""
    samples = sum(map(len, rows))
    return [len(part) / samples for part in rows]


def _unchanged(bench: Bench) -> Sequence[Array | None]:
    """Return the gradient of what no sample changes: two parts hold it twice, and the batch once.

    It is asked of another cut than the one that is judged: a loss that couples its samples gives something else
    for each.
    """
    rows = halves(bench.subject.samples, max(bench.subject.samples // 3, 1))
    parts = [part.gradients for part in taken_in_parts(bench, rows)]
    return combined([*parts, bench.base.run.gradients], [1.0] * len(rows) + [-1.0])


def why_not(bench: Bench, parts: Sequence[Taken], rows: Sequence[Array]) -> tuple[str, bool]:
    """Return why parts do not make the gradient of the batch, and whether that is a fault."""
    before = [part.before for part in parts]
    whole = ways.eagerly(bench.subject).before
    if whole is not None and all(one is not None for one in before):
        own = join(bench, [one for one in before if one is not None], rows, whole)
        if own.how is not None:
            return _CHANGED, True
    return f"{COUPLES}{_by_what(bench)}", False


def _by_what(bench: Bench) -> str:
    """Return which layer couples the samples, or where they meet in the source; nothing where that is unknown."""
    layers = normalising_layers(bench.subject)
    if layers:
        return f", by the layer{'s' * (len(layers) > 1)} {', '.join(layers[:3])}"
    found = bench.base.coupling
    if found is None or not found.meetings:
        return f": {parted}" if (parted := of_halves(bench)) else ""
    return f": {in_words(found.meetings[0], bench.base.run.recording)}"


_CHANGED = (
    "each part's gradient is changed after it was taken, for example clipped: they do not add up to the gradient "
    "of the batch; add them up first"
)


def enough_samples(bench: Bench, least: int) -> int:
    """Return the number of samples; a `NotApplicableError` where they are too few to be taken apart."""
    samples = bench.subject.samples
    if not samples:
        raise NotApplicableError(no_samples(bench))
    if samples < least:
        raise NotApplicableError(f"the batch has {samples} sample{'s' * (samples > 1)}")
    return samples


def uneven_size(samples: int) -> int:
    """Return how many samples the larger of two uneven parts has."""
    return max(2 * samples // 3, samples // 2 + 1)


@dataclass(frozen=True)
class MicroBatches:
    """Two parts, one after the other, as gradients are accumulated."""

    name: str
    uneven: bool = False

    def row(self, bench: Bench) -> Row:
        """Join two parts by their sizes; what weighting them equally would give is said."""
        samples = enough_samples(bench, 3 if self.uneven else 2)
        rows = halves(samples, uneven_size(samples) if self.uneven else None)
        parts = taken_in_parts(bench, rows)
        whole = joined(bench, parts, rows)
        if whole.how is None:
            said, fault = why_not(bench, parts, rows)
            return bench.row(self.name, whole.found, said, "different" if fault else "information")
        said = _how_joined(bench, whole, parts, rows) if whole.found.verdict == "same" else ""
        return bench.row(self.name, whole.found, said)


def _how_joined(bench: Bench, whole: Joined, parts: Sequence[Taken], rows: Sequence[Array]) -> str:
    if whole.how == "sum":
        return "added up"
    if whole.how == "once":
        return "added up, with what no sample changes (a penalty) counted once"
    if len({len(part) for part in rows}) == 1:
        return ""
    equally = combined([part.gradients for part in parts], [1 / len(rows)] * len(rows))
    off = share(bench.compared(equally).relative)
    return f"weighted by size; with equal weights it is {off} off: another loss"

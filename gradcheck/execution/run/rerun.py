"""The candidate of a case run once more, from where it was run before."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.replay.float64_gradients import Float64Gradients, float64_gradients
from gradcheck.execution.run.effect import decides_nothing, has_an_effect
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen
from gradcheck.execution.run.known_ranks import KnownRanks
from gradcheck.execution.run.known_sizes import KnownSizes
from gradcheck.execution.run.other_numbers import other_numbers
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.replaced_text import CannotReplaceError, replaced_text
from gradcheck.execution.run.started import start_from
from gradcheck.judgement.differences import difference, distance, norm
from gradcheck.judgement.one_replay import agree_as_they_ran
from gradcheck.program.recording import Shape
from gradcheck.program.run import Run
from gradcheck.source import Site, span_of


def gradients_with(
    pair: FormulationPair,
    texts: Mapping[Site, str],
    value: float | None = None,
    *,
    float64: bool = True,
) -> list[Array | None] | None:
    """Return the candidate's gradients with other texts in place of expressions: in float64, or as it runs.

    None where it cannot be run so: a text does not fit, or the formulation raises with it, or gives a loss with
    axes that neither formulation's has. None, too, where the loss is to be another one than `value`, if that is
    given: that is seen without float64.
    """
    if float64:
        found = run_with(pair, texts, value)
        return None if found is None else found.gradients
    rerun = ran_with(pair, texts)
    return None if rerun is None else list(rerun.gradients)


def run_with(
    pair: FormulationPair, texts: Mapping[Site, str], value: float | None = None
) -> Float64Gradients | None:
    """Return what the candidate gives in float64 with other texts in place of expressions; None as above."""
    rerun = ran_with(pair, texts)
    if rerun is None:
        return None
    apart = value is not None and not math.isclose(rerun.value, value, rel_tol=_NEAR, abs_tol=_NEAR)
    return None if apart and math.isfinite(rerun.value) else float64_gradients(rerun)


def ran_with(pair: FormulationPair, texts: Mapping[Site, str]) -> Run | None:
    """Return a run of the candidate with other texts in place of expressions; None as above."""
    try:
        rerun = _rerun(pair, texts)
    except (CannotReplaceError, GradcheckError):
        return None
    return None if len(_shape(rerun)) > max(len(_shape(run)) for run in pair.runs) else rerun


def _shape(run: Run) -> Shape:
    return run.recording.tensors[run.recording.loss].shape


_NEAR = 1e-2
"""How near a loss comes to what it is to be, at whatever precision it is computed."""


def is_refuted(
    pair: FormulationPair, site: Site, text: str, is_right: Callable[[Sequence[Array | None]], bool]
) -> bool | None:
    """Return whether the candidate has other gradients, or raises, with a text in place of an expression.

    Or comes nowhere near the reference as it runs.

    None where the text cannot be put in place, or float64 gradients are not available: then nothing is known.
    """
    try:
        rerun = _rerun(pair, {site: text})
    except CannotReplaceError:
        return None
    except GradcheckError:
        return True
    sides = zip(pair.runs[0].gradients, rerun.gradients, strict=True)
    if agree_as_they_ran([difference(*each) for each in sides]):
        return False  # as they run: in float64 an edit that does the same was tried
    exact = pair.replayed(0).gradients
    if exact is not None and not _is_near(pair, rerun.gradients, exact):
        return True
    gradients = float64_gradients(rerun).gradients
    return None if gradients is None else not is_right(gradients)


def comes_near(pair: FormulationPair, texts: Mapping[Site, str], exact: Sequence[Array | None]) -> bool:
    """Return whether the candidate comes near exact gradients as it runs, with texts that are right in float64.

    What adds a large number where nothing is to be added is right on paper, and leaves no digits in float32. A
    repair may well be noisier than the reference, and is right nevertheless. What has no effect is none.
    """
    rerun = ran_with(pair, texts)
    return rerun is not None and _is_near(pair, rerun.gradients, exact) and _is_felt(rerun, texts, pair)


def _is_felt(rerun: Run, texts: Mapping[Site, str], pair: FormulationPair) -> bool:
    """Return whether the one text that a run has in it has an effect, if it is one, and decides something."""
    own = pair.runs[1].recording
    return len(texts) > 1 or all(
        has_an_effect(rerun, site, text) and not decides_nothing(own, rerun.recording, site)
        for site, text in texts.items()
    )


def is_felt(pair: FormulationPair, texts: Mapping[Site, str]) -> bool:
    """Return whether a text has an effect and decides something; True where it cannot be run."""
    rerun = ran_with(pair, texts)
    return rerun is None or _is_felt(rerun, texts, pair)


def holds_for_other_numbers(
    pair: FormulationPair, texts: Mapping[Site, str], exact: Sequence[Array | None]
) -> bool:
    """Return whether a repair holds where the numbers that are read there have other values, on both sides.

    What repairs a loss may only do so for these: one number may be twice another one by chance. Where either side
    cannot be run with others, nothing is known, and it is taken to hold; and so it is where the gradients that it
    gives exactly are not the reference's, because other places differ as well.
    """
    before, own = pair.runs[0].gradients, pair.replayed(0).gradients
    noise = AS_NOISY * _apart(before, own or before) + _ROUNDED * math.hypot(*map(norm, before))
    if _apart(exact, before) > noise:
        return True
    with other_numbers(pair, _names(texts)) as are_others:
        if not are_others:
            return True
        try:
            reference, candidate = _rerun(pair, {}, "reference"), _rerun(pair, texts)
        except (CannotReplaceError, GradcheckError):
            return True
    moved = _apart(reference.gradients, before)
    off = _apart(reference.gradients, candidate.gradients)
    return not off > max(_FOLLOWS * moved, noise)  # nor where one is NaN


def _apart(one: Sequence[Array | None], other: Sequence[Array | None]) -> float:
    return math.hypot(*(distance(*each) for each in zip(one, other, strict=True)))


_FOLLOWS = 0.02
"""How far from the reference a repair may be, as a share of how far that moves with other numbers."""

_ROUNDED = 1e-4
"""What both may be off as they run, as a share of the gradients."""


def _names(texts: Mapping[Site, str]) -> set[str]:
    """Return the names that are read where some texts are to stand, and in these."""
    written = (_NAME.findall(f"{span_of(site).text} {text}") for site, text in texts.items())
    return set().union(*written)


_NAME = re.compile(r"[^\W\d]\w*")


def _is_near(pair: FormulationPair, gradients: Sequence[Array | None], exact: Sequence[Array | None]) -> bool:
    known = pair.replayed(0).gradients
    off, noise = _apart(exact, gradients), _apart(known or exact, pair.runs[0].gradients)
    return off <= _FAR_OFF * math.hypot(*map(norm, exact)) + AS_NOISY * noise


AS_NOISY = 4
"""How many times the rounding of the reference a repair may leave: it may round at other places."""

_FAR_OFF = 0.05
"""How far off gradients may be that come near, as a share of them."""


def _rerun(pair: FormulationPair, texts: Mapping[Site, str], side: str = "candidate") -> Run:
    formulations = pair.case.formulations()
    done = dict(zip(formulations, pair.runs, strict=True))
    with frozen(pair.seed):
        start_from(done[side], pair.prepared)
        with (
            replaced_text(texts, pair.outside, pair.functions) if texts else contextlib.nullcontext(),
            KnownRanks(run.recording for run in pair.runs).kept(),
            KnownSizes(run.recording for run in pair.runs).kept(),
            frozen(pair.seed, formulations.values()) as world,
        ):
            rerun = world.run(partial(run, side, formulations[side], pair.prepared))
    ran = (one for op in rerun.recording.ops for one in (op.site, *op.callers))
    codes = {site.code for site in texts}
    may_have_run = any(one is not None and one.code in codes for one in ran)
    if rerun.recording.custom_gradients and texts:
        may_have_run = True  # what runs on the way back alone is not recorded
    if may_have_run and pair.functions.complete():
        return _rerun(pair, texts, side)  # some function that has the text was not found
    return rerun

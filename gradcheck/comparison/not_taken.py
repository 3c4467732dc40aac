"""What was not compared though the gradients agree: what choices take nothing of on these samples."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gradcheck.comparison.goals import Goals
from gradcheck.comparison.where import where_of
from gradcheck.execution.replay.moved import comes_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.rerun import ran_with
from gradcheck.explanation.untaken import Untaken, is_chosen, untaken
from gradcheck.findings import Finding
from gradcheck.program.recording import Recording
from gradcheck.program.run import Run
from gradcheck.source import Site, Span
from gradcheck.source.syntax import in_one_line


def not_taken(pair: FormulationPair) -> list[str]:
    """Return a sentence for each choice that takes nothing of what the other program has not got."""
    reference, candidate = (run.recording for run in pair.runs)
    own = untaken(candidate, reference, candidate, is_chosen(candidate))
    theirs = untaken(reference, candidate, reference, is_chosen(reference))
    return [*_sentences("candidate", "reference", own), *_sentences("reference", "candidate", theirs)]


def _not_felt(pair: FormulationPair, repaired: Run) -> list[str]:
    """Return a sentence for each choice of which the repaired candidate's gradients do not feel an operand.

    What is taken where a mask is zero is as good as not taken.
    """
    reference, written = (run.recording for run in pair.runs)
    unknown = untaken(repaired.recording, reference, written, lambda *_: False)
    some = itertools.islice(unknown, _MOST)
    found = (one for one in some if not comes_of(repaired, one.op, one.number))
    return _sentences("candidate", "reference", found)


_MOST = 8
"""How many operands are moved at most: for each, the candidate is replayed twice."""


def _sentences(side: str, other: str, found: Iterable[Untaken]) -> list[str]:
    operands: dict[Span, list[str]] = {}
    for one in sorted(found, key=lambda one: (one.operand.line, one.operand.column)):
        operands.setdefault(one.choice, []).append(f"`{in_one_line(one.operand.text)}`")
    return [
        f"on these samples nothing comes of {' or '.join(those)} in the {side}'s `{in_one_line(choice.text)}`, "
        f"and the {other} has no such numbers: that was not compared"
        for choice, those in operands.items()
    ]


def with_what_was_not_tried(
    found: Sequence[Finding], pair: FormulationPair, goals: Goals
) -> tuple[Finding, ...]:
    """Return findings with a note at the first fix where the candidate, repaired, takes nothing of an operand.

    That a fix is right says nothing of what no sample takes, on either batch that it was tried on.
    """
    texts = _fixes(found, pair.runs[1].recording)
    if not texts:
        return tuple(found)
    pairs = [pair, *(other.pair for other in itertools.islice(goals.second(), 1))]
    each = [_not_felt(one, run) for one in pairs if (run := ran_with(one, texts)) is not None]
    notes = [note for note in each[0] if all(note in other for other in each)] if each else []
    first = next(number for number, one in enumerate(found) if one.fix is not None)
    return tuple(
        replace(one, notes=(*one.notes, *notes)) if number == first else one
        for number, one in enumerate(found)
    )


def _fixes(found: Sequence[Finding], recording: Recording) -> dict[Site, str]:
    """Return the fixes by where they are to stand; nothing where some fix is no source."""
    texts: dict[Site, str] = {}
    for one in found:
        if one.fix is not None:
            where = None if one.span is None or not one.fix.source else where_of(one.span, recording)
            site = None if where is None else where.site()
            if site is None:
                return {}
            texts[site] = one.fix.text
    return texts

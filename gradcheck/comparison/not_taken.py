"""What was not compared though the gradients agree: what choices take nothing of on these samples."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from gradcheck.source import Site, Span, span_of
from gradcheck.source.syntax import in_one_line


def not_taken(pair: FormulationPair) -> list[str]:
    """Return a sentence for each choice that takes nothing of what the other program has not got."""
    reference, candidate = (run.recording for run in pair.runs)
    own = untaken(candidate, reference, candidate, is_chosen(candidate))
    theirs = untaken(reference, candidate, reference, is_chosen(reference))
    return _in_words([*((_SIDES[1], one) for one in own), *((_SIDES[0], one) for one in theirs)], _SIDES)


_SIDES = ("reference", "candidate")
_REPAIRED = ("reference", "repaired candidate")

_Sided = tuple[str, Untaken]
"""What is not taken, and on which side."""


def _not_felt(
    pair: FormulationPair, repaired: Run, texts: Mapping[Span, str]
) -> dict[tuple[str, Span, Span], _Sided]:
    """Return the operands that neither loss nor gradients of a side feel, by where they are written.

    The candidate is `repaired` by texts; a choice that they write otherwise is left out, since its operands are no
    longer those. What is taken where a mask is zero is as good as not taken.
    """
    reference, written = pair.runs
    unknown = itertools.chain(
        _without_counterpart(_REPAIRED[1], repaired, reference, written),
        _without_counterpart(_REPAIRED[0], reference, repaired, reference),
    )
    return {
        (side, one.choice, one.operand): (side, one)
        for run, side, one in unknown
        if not any(_is_written_otherwise(one.choice, *fix) for fix in texts.items())
        and not comes_of(run, one.op, one.number)
    }


def _is_written_otherwise(choice: Span, fixed: Span, text: str) -> bool:
    starts = [(one.line, one.column) for one in (choice, fixed)]
    ends = [(one.end_line, one.end_column) for one in (choice, fixed)]
    meet = choice.file == fixed.file and starts[0] < ends[1] and starts[1] < ends[0]
    return meet and choice.text not in text


def _without_counterpart(side: str, run: Run, other: Run, written: Run) -> Iterator[tuple[Run, str, Untaken]]:
    found = untaken(run.recording, other.recording, written.recording, lambda *_: False)
    return ((run, side, one) for one in itertools.islice(found, _MOST))


_MOST = 8
"""How many operands of a side are moved at most: for each, that side is replayed twice."""


def _in_words(found: Iterable[_Sided], sides: tuple[str, str]) -> list[str]:
    operands: dict[tuple[str, Span], list[str]] = {}
    for side, one in sorted(found, key=lambda each: (each[1].operand.line, each[1].operand.column)):
        operands.setdefault((side, one.choice), []).append(f"`{in_one_line(one.operand.text)}`")
    others = dict(zip(sides, reversed(sides), strict=True))
    return [
        f"on these samples nothing comes of {' or '.join(those)} in the {side}'s `{in_one_line(choice.text)}`, "
        f"and the {others[side]} has no such numbers: that was not compared"
        for (side, choice), those in operands.items()
    ]


def with_what_was_not_tried(
    found: Sequence[Finding], pair: FormulationPair, goals: Goals
) -> tuple[Finding, ...]:
    """Return findings with a note, at the first fix, of each operand that its side, once repaired, does not feel.

    That a fix is right says nothing of what no sample takes, on either batch that it was tried on.
    """
    texts = _fixes(found, pair.runs[1].recording)
    if not texts:
        return tuple(found)
    pairs = [pair, *(other.pair for other in itertools.islice(goals.second(), 1))]
    written = {span_of(site): text for site, text in texts.items()}
    each = [_not_felt(one, run, written) for one in pairs if (run := ran_with(one, texts)) is not None]
    everywhere = [one for key, one in each[0].items() if all(key in other for other in each)] if each else []
    first = next(number for number, one in enumerate(found) if one.fix is not None)
    return tuple(
        replace(one, notes=(*one.notes, *_in_words(everywhere, _REPAIRED))) if number == first else one
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

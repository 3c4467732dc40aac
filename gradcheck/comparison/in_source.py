"""What is known in words, or of a place alone, written as source: what may be meant there is run and judged."""

from __future__ import annotations

import ast
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcheck.comparison.goals import Goals
from gradcheck.comparison.repairs import proof_of
from gradcheck.comparison.where import Where, where_of
from gradcheck.comparison.wording_of_places import message_without_counterpart
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.program.recording import Recording
from gradcheck.program.work import replay_cost
from gradcheck.repair.written import in_place
from gradcheck.source import (
    innermost_conversions,
    parents,
    span_of,
)
from gradcheck.source.counted import Counted
from gradcheck.source.guarded import guarded, infinities
from gradcheck.source.kept import kept


def in_source(found: Sequence[Finding], pair: FormulationPair, goals: Goals) -> tuple[Finding, ...]:
    """Return what was found, with source for what is known of one place, if that repairs all.

    Of what is not proved, that is where a gradient is seen to end, or numbers to break down.

    Notes
    -----
    A text is found by trying: that it repairs the candidate does not establish that it was meant.
    """
    if any(one.fix is not None and one.fix.source for one in found) or pair.recorded:
        return tuple(found)
    recording, work = pair.runs[1].recording, goals.work.part(WORK)
    cost = _EACH + 2 * replay_cost(recording)
    for one in [one for one in found if _may_be_repaired(one)][:_MOST_FINDINGS]:
        for text in _texts(one, recording, goals.own.samples):
            if work.cut is not None:
                break
            work.spend(cost)
            proved = _proved(one, text, pair, goals)
            if proved is not None:
                rest = [other for other in found if other.severity == "note"]
                return (*_repaired(one, text, *proved), *rest)
    return tuple(found)


WORK = 40_000
"""How many ops may be run to try texts, forwards and back; each takes as long as `_EACH` ops besides."""

_EACH = 200

_MOST_FINDINGS = 2


def _may_be_repaired(found: Finding) -> bool:
    if found.verified:
        return found.proof is not None and not found.proof.needs_also
    return found.cause in ("disconnected", "numerics") and found.severity == "error"


@dataclass(frozen=True)
class _Text(Transplant):
    """A text to be tried; `sizes` says whether a length is written in it, which another batch may not have."""

    sizes: bool = False


def _proved(found: Finding, text: _Text, pair: FormulationPair, goals: Goals) -> tuple[Proof, str] | None:
    """Return that a text repairs the candidate; None where it does not, or may not on a batch of another size.

    In float64, numbers that break down at a lower precision may be right.
    """
    proved = proof_of(text, pair, goals, "both" if found.cause == "numerics" else "float64")
    return None if proved is None or (text.sizes and len(set(proved[0].samples)) == 1) else proved


def _texts(found: Finding, recording: Recording, samples: int) -> Iterator[_Text]:
    """Yield what may be written at a finding, of the cause that it has."""
    where = None if found.span is None else where_of(found.span, recording)
    maker = _MAKERS.get(found.cause)
    return iter(()) if where is None or maker is None else maker(where, recording, samples)


def _text(where: Where, text: str, *, sizes: bool = False) -> Iterator[_Text]:
    """Yield a text in place of the whole expression."""
    site = where.site()
    written = None if site is None else in_place(site, text)
    if site is not None and written is not None:
        yield _Text(site, written, site, sizes=sizes)


def _kept(where: Where, recording: Recording, samples: int) -> Iterator[_Text]:
    """Yield the texts with which what is computed there stays in TensorFlow."""
    parts = kept(where.function, innermost_conversions(where.node), where.filename)
    texts = [one for node, text in parts for one in _text(replace(where, node=node), text)]
    if texts and len(texts) == len(parts) <= _MOST_TOGETHER:
        yield replace(texts[0], also=tuple(texts[1:]))


_MOST_TOGETHER = 3


def _guarded(where: Where, recording: Recording, samples: int) -> Iterator[_Text]:
    """Yield the texts with which what is computed there, or around it, is finite; or what is read there may be."""
    node: ast.AST | None = where.node
    while isinstance(node, ast.expr):
        for text in guarded(node, where.filename):
            yield from _text(replace(where, node=node), text)
        node = parents(where.filename).get(node)
    for infinity, text in infinities(where.function):
        yield from _text(replace(where, node=infinity), text)


def _counted(where: Where, recording: Recording, samples: int) -> Iterator[_Text]:
    """Yield other counts; but no number of samples, which another batch has not."""
    counted = Counted(where.node, where.function, where.filename)
    runs = min(Counter((op.type, op.site) for op in where.ops).values(), default=1)
    for text in counted.of_the_parts(runs) if runs != samples else ():
        yield from _text(where, text)
    for text in counted.of_the_weights():
        yield from _text(where, text)
    for length in _lengths(where, recording, samples, runs)[:_MOST_LENGTHS]:
        for text in counted.by_a_count(length):
            yield from _text(where, text, sizes=not counted.has_a_name(length))


def _lengths(where: Where, recording: Recording, samples: int, runs: int) -> list[int]:
    """Return how often an expression runs, how many numbers it has of a sample, and how long its axes are."""
    tensors = {number for op in where.ops for number in (*op.inputs, *op.outputs)}
    shapes = [recording.tensors[number].shape for number in tensors]
    of_a_sample = sorted({math.prod(shape[1:]) for shape in shapes if shape[:1] == (samples,)})
    lengths = dict.fromkeys((runs, *of_a_sample, *sorted({*itertools.chain.from_iterable(shapes)})))
    return [one for one in lengths if one not in (0, 1, samples)]


_MOST_LENGTHS = 5


_MAKERS = {
    "disconnected": _kept,
    "numerics": _guarded,
    "reduction": _counted,
    "other": _counted,
}


def _repaired(found: Finding, text: Transplant, proof: Proof, note: str) -> list[Finding]:
    """Return a finding for each text that is to be written, after what was found if none is for its line."""
    together = (text, *text.also)
    repaired = [_with_fix(found, one, together, proof, note) for one in together]
    there = any(_is_here(found, one) for one in together) or not found.verified
    return repaired if there else [replace(found, fix=None), *repaired]


def _with_fix(
    found: Finding, text: Transplant, together: Sequence[Transplant], proof: Proof, note: str
) -> Finding:
    others = tuple(span_of(other.site).place for other in together if other is not text)
    message = message_without_counterpart(text)
    said = found if _is_here(found, text) else Finding(cause=found.cause, message=message, span=None)
    no_more = said.verified and said.fix is None  # its notes say why there is no fix
    return replace(
        said,
        span=span_of(text.site),
        severity="error",
        notes=(*(() if no_more else said.notes), *filter(None, [note])),
        proof=replace(proof, tried=f"`{text.text}`", needs_also=others),
        fix=Fix(text=text.text),
    )


def _is_here(found: Finding, text: Transplant) -> bool:
    return found.span is not None and found.span.line == span_of(text.site).line

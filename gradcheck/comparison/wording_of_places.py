"""The sentences about a place where two programs part."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.explanation.exchange import is_multiple
from gradcheck.explanation.locate import Parting
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Proof
from gradcheck.program.recording import Op
from gradcheck.source import Site, Span, span_of
from gradcheck.source.syntax import in_one_line


def span_at(site: Site | None) -> Span | None:
    """Return the expression at a place, if it is known."""
    return None if site is None else span_of(site)


def told_elsewhere(proof: Proof, place: Span) -> Proof:
    """Return a proof of a place as it is told at another expression."""
    there = f"`{in_one_line(place.text)}` in line {place.line}"
    return replace(proof, tried=proof.tried.replace("what is computed here", there))


def message_of(found: Parting, site: Site | None) -> str:
    """Return what is said of the place, or of an expression that is made from it."""
    own, hit = text_of(site), found.hit
    if found.located.term_of_one_side:
        return _of_a_term(found, own)
    replaced, reference = map(_quoted, found.texts)
    takes, given = (one.key.given for one in (hit.candidate, hit.reference))
    if site == found.site != found.replaced_site:
        used_later = found.blamed.index > hit.candidate.op.index
        if used_later and (is_multiple(hit) or found.located.rearranged):
            return f"{own} makes something else of {replaced} than the reference does"
        theirs = (
            f"the reference's {_factor(found)}{reference}" if found.texts[1] else "what the reference has"
        )
        return (
            f"the candidate's {replaced} is not {theirs}; the first step towards it that the reference does "
            f"not take is {own}"
        )
    if site != found.replaced_site:
        is_own = site == found.site and found.beside != found.reference_site
        theirs = text_of(found.beside) if is_own else reference
        return f"the candidate computes {own} where the reference computes {theirs}"
    verbs = ["takes" if one else "computes" for one in (takes, given)]
    return f"the candidate {verbs[0]} {replaced} where the reference {verbs[1]} {_factor(found)}{reference}"


def first_step(found: Parting, where: Span) -> str:
    """Return what is said of the first expression on the way to a place that the reference has nothing like."""
    step = f"{text_of(found.site)} in line {where.line}"
    return f"the first step on the way there that the reference does not take is {step}"


def _of_a_term(found: Parting, own: str) -> str:
    if found.spare:
        return f"{own} is a term that the reference does not have"
    if found.site == found.replaced_site:
        return f"the reference adds a term, {_missing(found)}, that is missing in {own}"
    computed = text_of(found.site)
    return (
        f"the reference adds a term, {_missing(found)}; the candidate computes {computed} and does not use it"
    )


def message_where_first_unlike(found: Parting, first: Op) -> str:
    """Return what is said of the first op on the way to a place, or from it, that is unlike the reference."""
    own, (replaced, reference) = text_of(first.site), map(_quoted, found.texts)
    if first.index > found.hit.candidate.op.index:
        return f"{own} makes something else of {replaced} than the reference does"
    made = f"from which the candidate computes {replaced} where it computes {_factor(found)}{reference}"
    return f"the reference has nothing like {own}, {made}"


def message_of_a_copy(found: Parting) -> str:
    """Return what is said where a value is taken out of TensorFlow."""
    reference = _quoted(found.texts[1])
    return f"this copies a value and drops its gradient, which the reference has: it computes {reference}"


def message_without_counterpart(text: Transplant) -> str:
    """Return what is said of an expression that another one repairs which the reference does not have."""
    name, keeps, kept = text.text.strip("()").partition(" := ")
    if keeps and kept == span_of(text.site).text.strip("()"):
        return (
            f"the result of {text_of(text.site)} is dropped; the reference agrees once `{name}` is given it"
        )
    return f"the candidate computes {text_of(text.site)}; the reference agrees with {_quoted(text.text)}"


def _factor(found: Parting) -> str:
    """Return what the reference's quantity is multiplied by; nothing where that is said of what both run."""
    if found.replaced_site != found.hit.candidate.op.site:
        return ""
    if found.hit.splice.source.weights is not None:
        return "a weighted sum of "
    times = round(found.located.factor, 9)
    return {1.0: "", -1.0: "minus "}.get(times, f"{times:.6g} times ")


def in_words(found: Parting) -> str:
    """Return what was put in place."""
    if found.spare:
        return f"without the term {text_of(found.site)}"
    if found.located.term_of_one_side:
        here = "what is computed here" if found.site == found.replaced_site else text_of(found.replaced_site)
        return f"the reference's term, {_missing(found)}, added to {here}"
    own = "what is computed here" if found.site == found.replaced_site else text_of(found.replaced_site)
    theirs = "what the reference computes"
    if found.reference_site is not None:
        theirs = f"the reference's {text_of(found.reference_site)}"
    return f"{theirs} in place of {own}"


def _missing(found: Parting) -> str:
    """Return a term of the reference in words: its expression, or without one, what it is made from."""
    if found.reference_site is not None:
        return text_of(found.reference_site)
    names = [_quoted(one) for one in found.reads[:_MOST_NAMES]]
    more = len(found.reads) - len(names)
    names += [f"{more} more"] if more else []
    return f"made from {' and '.join(names)}" if names else "without a place in your code"


_MOST_NAMES = 3


def text_of(site: Site | None) -> str:
    """Return an expression as it stands in a sentence."""
    return _quoted("" if site is None else span_of(site).text)


def _quoted(text: str) -> str:
    return f"`{in_one_line(text)}`" if text else "another value"

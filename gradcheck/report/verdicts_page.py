"""What the verdicts mean, for the terminal; the documentation has the rule by which they are given."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

VERDICTS: Mapping[str, str] = {
    "equivalent": (
        "Every gradient agrees with that of the reference up to rounding, on this batch and with these "
        "weights."
    ),
    "consistent": (
        "There is no reference, and the gradient of the batch is the mean or the sum of the gradients of "
        "its single samples. Nothing else was compared: a wrong sign, divisor, mask, stop_gradient or "
        "term is in both, and would not be noticed."
    ),
    "different": (
        "Some gradient does not agree, by more than rounding can account for. The findings say where; "
        "with `error` they are proved, with `suspect` and `note` they are not."
    ),
    "unstable": (
        "The gradients agree in float64, but not as they run: a side loses its precision, underflows, or "
        "is not finite."
    ),
    "vacuous": (
        "Every gradient is zero, None, or rounding on both sides. Nothing was compared, so nothing is "
        "proved. Use another batch or other weights, or look for what stops the gradient: the findings "
        "say where it ends."
    ),
    "inconclusive": (
        "It could not be judged, and the report says why: the sides draw different random numbers, the "
        "reference is not finite, or, without a reference, samples are combined and it is not known "
        "whether that is intended."
    ),
    "rounding": (
        "Of one variable: its gradient is zero, or nearly zero, up to rounding, as that of a bias before "
        "a softmax. It does not affect the verdict on the case."
    ),
}


def on_verdict(verdict: str) -> RenderableType:
    """Return what `gradcheck explain VERDICT` shows."""
    return Group(Text(verdict, style="bold"), Text(VERDICTS[verdict]))

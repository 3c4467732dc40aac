"""Half precision, as Keras's mixed policies compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError, UserCodeError
from gradcheck.execution.modes.base import coarsest, recorded, rounding_noise
from gradcheck.execution.modes.outputs import with_outputs_in_float32
from gradcheck.execution.modes.policies import made_alike, with_the_largest_scale
from gradcheck.execution.modes.subject import Subject
from gradcheck.execution.replay.breakdown import breakdown
from gradcheck.judgement.modes import Comparison, lost_elements
from gradcheck.program.run import Run
from gradcheck.running.bench import Bench, NotApplicableError
from gradcheck.running.parting import of_policy
from gradcheck.running.result import Row
from gradcheck.running.underflow import against_scaled, underflow_of
from gradcheck.running.words import how_it_differs, share, with_the_place


@dataclass(frozen=True)
class Half:
    """In half precision; float16 with the loss scale that a dynamic one comes down to."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Make the case under the policy, and compare by the rounding of that precision."""
        made = _in_half(bench, self.name)
        gradients: Sequence[Array | None] = made.run.gradients
        power = 0
        if self.name == "float16":
            gradients, power = with_the_largest_scale(made.subject)
        found = bench.compared(gradients, precision=self.name, further=rounding_noise(made.run, self.name))
        if found.verdict == "different":
            return bench.row(self.name, found, self._why(bench, found, made))
        if found.verdict != "same":
            return bench.row(self.name, found)
        said = [f"with a loss scale of 2**{power}"] if power else []
        return bench.row(self.name, found, "; ".join([*said, *([made.note] if made.note else [])]))

    def _why(self, bench: Bench, found: Comparison, made: _InHalf) -> str:
        """Return where the numbers break down; where they do not, where it computes something else."""
        if breakdown(made.run) is None:
            parted = of_policy(bench, made.subject)
            return with_the_place(how_it_differs(found, bench.paths), parted)
        return bench.broken_down(found, made.run)


@dataclass(frozen=True)
class Unscaled:
    """float16 without a loss scale."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Judge by the same under a loss scale: a power of two is exact, so what differs is underflow.

        The figures are those of all rows: of the difference from the gradient in float64.
        """
        made = _in_half(bench, "float16")
        noise = rounding_noise(made.run, "float16")
        shown = bench.compared(made.run.gradients, precision="float16", further=noise)
        lost = underflow_of(bench, made.subject, made.run)
        if lost is not None:
            return bench.row(self.name, replace(shown, verdict=lost[0].verdict), lost[1])
        with_scale, _ = with_the_largest_scale(made.subject)
        if bench.compared(with_scale, precision="float16", further=noise).verdict == "different":
            return bench.row(self.name, shown, "" if shown.verdict == "same" else _AS_SCALED)
        part = lost_elements(made.run.gradients, with_scale)
        note = f"{share(part)} of the elements underflow" if part else ""
        return bench.row(
            self.name, replace(shown, verdict=against_scaled(made.run, with_scale).verdict), note
        )


_AS_SCALED = "no underflow: it is as with a loss scale"
"""What is said where float16 gives another gradient with a loss scale, too."""


@dataclass(frozen=True)
class _InHalf:
    """The formulation in half precision, and one run of it."""

    subject: Subject
    run: Run
    note: str = ""


def _in_half(bench: Bench, precision: str) -> _InHalf:
    if bench.base.precision == precision:  # whoever wrote it has chosen the precision
        return _InHalf(bench.subject, bench.base.run)
    name = f"mixed_{precision}"
    subject = made_alike(bench.anew(policy=name), bench.subject)
    made = _recorded(replace(subject, policy=name))
    if coarsest(made.run.recording) != precision:
        raise NotApplicableError(f"the policy {name} changes nothing: no Keras layer uses it")
    return made


def _recorded(subject: Subject) -> _InHalf:
    """Run it as it is, or else with outputs in float32: one that was written for float32 meets labels in that."""
    try:
        return _InHalf(subject, recorded(subject))
    except UserCodeError as error:
        cast = with_outputs_in_float32(subject)
        try:
            return _InHalf(
                cast,
                recorded(cast),
                "the outputs of the models are cast to float32, because the loss needs float32",
            )
        except GradcheckError:
            raise error from None

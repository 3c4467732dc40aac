"""Keras's own trainer, through the gradient that it applies."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.modes import keras_losses
from gradcheck.execution.modes import trainer as keras_trainer
from gradcheck.execution.modes.emulated import by_its_train_step
from gradcheck.execution.modes.strategies import halves
from gradcheck.execution.modes.subject import Subject, Taken, eagerly
from gradcheck.judgement.clipping import Clipping, may_be_clipped
from gradcheck.judgement.modes import Comparison, combined
from gradcheck.running.bench import Bench, NotApplicableError, NotRunError
from gradcheck.running.document import ModeVerdict
from gradcheck.running.parting import of_train_step
from gradcheck.running.parts import enough_samples, joined, taken_in_parts, uneven_size, why_not
from gradcheck.running.plain import last_line
from gradcheck.running.result import Row
from gradcheck.running.words import how_it_differs, share, with_the_place
from gradcheck.source import is_user_file, line_span


@dataclass(frozen=True)
class Applied:
    """A gradient that was seen from a step, the noise that this adds, and how the model's optimizer clips."""

    taken: Taken
    further: Sequence[float]
    clipping: Clipping


def applied(bench: Bench, subject: Subject, train: Callable[[Subject, float], Taken]) -> Applied:
    """Let Keras train one step of `subject`.

    Raises
    ------
    NotRunError
        It raised.
    """
    weights = keras_trainer.weights_of(subject)
    clipping = keras_trainer.clipping_of(subject)
    rate = keras_trainer.rate_for(weights, clipping.of(bench.base.exact))
    try:
        return Applied(train(subject, rate), keras_trainer.rounding_of_a_step(weights, rate), clipping)
    except GradcheckError as error:
        raise NotRunError(last_line(error)) from error


def needs_a_model(bench: Bench) -> None:
    """Raise a `NotApplicableError` where the formulation is not a compiled model of Keras's."""
    if not keras_trainer.is_keras_model(bench.subject):
        raise NotApplicableError("the formulation is not a compiled Keras model: Case(candidate=model)")


def compared(bench: Bench, found: Applied, exact: Sequence[Array | None] | None = None) -> Comparison:
    """Compare an applied gradient with the exact one, or another one, as the model's optimizer clips it."""
    wanted = found.clipping.of(bench.base.exact if exact is None else exact)
    return bench.compared(found.taken.gradients, further=found.further, exact=wanted)


@dataclass(frozen=True)
class Fit:
    """One batch by `fit`, or by the `train_step` of the model alone."""

    name: str
    step_alone: bool = False

    def row(self, bench: Bench) -> Row:
        """Train one step on the batch; where it differs, say what it is the gradient of."""
        needs_a_model(bench)
        if self.step_alone and not keras_trainer.has_own_train_step(bench.subject.case.candidate):
            raise NotApplicableError("the model has Keras's own train_step")
        bench.anew()
        train = keras_trainer.trained_on_batch if self.step_alone else keras_trainer.fitted
        found = applied(bench, bench.subject, train)
        whole = compared(bench, found)
        if whole.verdict != "different":
            return bench.row(self.name, whole, _left_out(bench))
        said = f"{how_it_differs(whole, bench.paths)}{as_what(bench, found)}"
        if changes_what_it_took(bench):
            return bench.row(self.name, whole, said, "information")
        return bench.row_of_a_run_on(self.name, whole, said)


def changes_what_it_took(bench: Bench) -> bool:
    """Return whether the model's own training step takes the right gradient, and then makes it smaller."""
    return _changed(bench) is not None


def on_one_device(bench: Bench) -> Sequence[Array | None]:
    """Return the gradient that several devices or batches are to give together: clipped if its step does that."""
    changed = _changed(bench)
    return bench.base.exact if changed is None else changed


def _changed(bench: Bench) -> Sequence[Array | None] | None:
    """Return what the model's own training step makes of the right gradient; None where it leaves it as it is."""
    if not _own_step(bench):
        return None
    try:
        step = eagerly(bench.subject, loss=by_its_train_step(bench.subject))
    except GradcheckError:  # it cannot be run by itself: then nothing is known of what it makes of a gradient
        return None
    if step.before is None or bench.compared(step.before).verdict != "same":
        return None
    clips = may_be_clipped(step.before, step.gradients)
    return step.gradients if clips and bench.compared(step.gradients).verdict == "different" else None


_CHANGED = "{who} makes the gradient smaller after taking it, as clipping does"


def _left_out(bench: Bench) -> str:
    return _OWN_APPLY if keras_trainer.changes_gradients(bench.subject) else ""


_OWN_APPLY = "without what the optimizer's own `apply` makes of the gradient: SGD was put in its place"


def as_what(bench: Bench, found: Applied) -> str:
    """Return of which other loss an applied gradient is, in words; nothing where it is of none that is known."""
    who = _who(bench)
    if changes_what_it_took(bench):
        return f": {_CHANGED.format(who=who)}"
    said = _left_out_by(bench, lambda other: compared(bench, found, other))
    if said:
        return f": {said.format(who=who)}"
    if not _own_step(bench):
        return ""
    parted = of_train_step(bench, found.taken.gradients)
    alone = "" if parted else _by_the_step_alone(bench)
    if alone:
        return f": on the batch as a whole, {alone.format(who=who)}"
    return with_the_place(f": {who} is overridden", parted)


def _left_out_by(bench: Bench, against: Callable[[Sequence[Array | None]], Comparison]) -> str:
    """Return of which other loss a gradient is; "" where it is of none that is known."""
    for said, loss in _others(bench):
        try:
            other = eagerly(bench.subject, loss=loss).gradients
        except GradcheckError:
            continue
        if against(other).verdict != "different":
            return said
    return ""


def _by_the_step_alone(bench: Bench) -> str:
    """Return of which other loss the model's own training step takes the gradient, of the batch at once."""
    try:
        step = eagerly(bench.subject, loss=by_its_train_step(bench.subject)).gradients
    except GradcheckError:
        return ""
    return _left_out_by(bench, lambda other: bench.compared(step, exact=other))


def _own_step(bench: Bench) -> bool:
    return keras_trainer.has_own_train_step(bench.subject.case.candidate)


def _who(bench: Bench) -> str:
    return f"its train_step{_place_of_step(bench)}" if _own_step(bench) else "fit"


def _place_of_step(bench: Bench) -> str:
    """Return where the model's own train_step is defined, in parentheses."""
    kind: Any = type(bench.subject.case.candidate)
    code = getattr(inspect.unwrap(kind.train_step), "__code__", None)
    if code is None or not is_user_file(code.co_filename):
        return ""
    return f" ({line_span(code.co_filename, code.co_firstlineno).place})"


def _others(bench: Bench) -> Iterator[tuple[str, Callable[..., Any]]]:
    model = bench.subject.case.candidate
    weighted = bench.subject.prepared.batch.get("sample_weight") is not None
    if weighted:
        yield (
            "as without sample_weight: {who} drops it (and class_weight, which comes the same way)",
            (keras_losses.unweighted(model)),
        )
    yield (
        "as without the losses of layers: {who} leaves out model.losses, such as regularisers",
        (keras_losses.without_own_losses(model)),
    )
    if weighted:
        yield (
            "as without sample_weight and without the losses of layers: {who} drops sample_weight (and "
            "class_weight, which comes the same way), and leaves out model.losses, such as regularisers",
            keras_losses.without_own_losses(keras_losses.unweighted(model), model),
        )
    yield "as with training=False: {who} calls the model like that", keras_losses.at_inference(model)


@dataclass(frozen=True)
class Accumulation:
    """Keras's own accumulation of gradients over two batches."""

    name: str
    uneven: bool = False

    def row(self, bench: Bench) -> Row:
        """Fit two batches with an optimizer that accumulates, and compare with what one batch of all gives."""
        needs_a_model(bench)
        bench.anew()
        samples = enough_samples(bench, 3 if self.uneven else 2)
        if not self.uneven:
            bench = bench.of_first(samples - samples % 2)
        rows = halves(bench.subject.samples, uneven_size(samples) if self.uneven else None)
        batch = bench.subject.batch()
        found = applied(
            bench,
            bench.subject,
            lambda one, rate: keras_trainer.fitted(
                one, rate, batch, batch_size=len(rows[0]), steps=len(rows)
            ),
        )
        whole = compared(bench, found, on_one_device(bench))
        if whole.verdict != "different":
            return bench.row(self.name, whole)
        return self._differing(bench, found, whole, rows)

    def _differing(self, bench: Bench, found: Applied, whole: Comparison, rows: Sequence[Array]) -> Row:
        parts = taken_in_parts(bench, rows)
        accumulates = keras_trainer.accumulation_steps(bench.subject.case.candidate)
        equally = combined([one.gradients for one in parts], [1 / len(rows)] * len(rows))
        if compared(bench, found, equally).verdict == "different":
            said = f"{how_it_differs(whole, bench.paths)}{as_what(bench, found)}"
            if changes_what_it_took(bench) and not accumulates:
                return bench.row(self.name, whole, said, "information")
            return bench.row_of_a_run_on(self.name, whole, said)
        alike = joined(bench, parts, rows)
        if alike.how is None:
            said, _ = why_not(bench, parts, rows)
            return bench.row(self.name, whole, f"as 2 micro-batches: {said}", "information")
        said = f"{share(whole.relative)} off: {_SMALL.format(small=len(rows[1]), size=len(rows[0]))}"
        if alike.how != "mean":
            said = f"{how_it_differs(whole, bench.paths)}: {_AVERAGED}"
        verdict: ModeVerdict = "different" if accumulates else "information"
        return bench.row(self.name, whole, said, verdict)


_AVERAGED = (
    "the loss is a sum over its samples, or divides it by a number that is fixed, and Keras averages the batches: "
    "return their mean"
)

_SMALL = (
    "Keras gives a smaller last batch, of {small} samples here, the weight of a full one, of {size}: choose a "
    "batch size that divides the number of samples, or leave the rest out (drop_remainder)"
)

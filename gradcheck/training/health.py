"""What is wrong with the gradients of a program that trains: decided from what was seen of them.

Each kind of finding has a function of its own, which says what was measured. What a program may well do on purpose
is no finding: a target network, a frozen layer, a variable that another place trains, a gradient for inputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gradcheck.findings import CauseName, Finding, Severity, most_certain_first
from gradcheck.program.gradient_health import (
    PlaceHealth,
    TrainingSeen,
    VariableHealth,
    VariableSeen,
)
from gradcheck.training.figure_findings import batch_figures
from gradcheck.training.health_wording import SHOWN, every_call, how_many, in_calls, listed, number, paths_of

ENOUGH = 3
"""Calls after which zero is no matter of the start: zero-initialised factors (LoRA, ReZero) hold back the first
step, a learning rate that warms up from zero the second."""


def findings(seen: TrainingSeen, ended_early: bool = False) -> tuple[Finding, ...]:
    """Return what is wrong, the most certain first.

    Parameters
    ----------
    ended_early
        The program did not come to its end: what it never did, it might have done later.
    """
    found = [
        *not_finite(seen),
        *dead(seen),
        *dead_units(seen),
        *disconnected(seen),
        *no_scalar(seen),
        *misapplied(seen),
        *unread_losses(seen),
        *batch_figures(seen),
    ]
    if not ended_early:
        found += [*never_asked(seen), *never_changed(seen)]
    return most_certain_first(list(dict.fromkeys(found)))  # of models made alike the same is true


def is_failing(found: Sequence[Finding]) -> bool:
    """Return whether one of the findings is more than a note."""
    return any(finding.severity != "note" for finding in found)


def not_finite(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the places with a gradient that is not finite.

    An optimizer that scales the loss tries scales that are too large on purpose, and leaves those steps out.
    """
    for place in seen.places:
        bad = [variable for variable in place.variables if variable.not_finite]
        calls = max((variable.not_finite for variable in bad), default=0)
        if not bad or (seen.scales_the_loss and 2 * calls < place.calls):
            continue
        yield Finding(
            cause="numerics",
            message=f"the gradient of {how_many(bad, place)} is not finite in {in_calls(calls, place)}",
            span=place.span,
            severity="error",
            notes=(
                f"not finite: {paths_of(bad)}",
                *_where_it_breaks_down(place),
                *_first_op(seen, place),
            ),
        )


def _where_it_breaks_down(place: PlaceHealth) -> Iterator[str]:
    if place.target.not_finite:
        yield f"what is differentiated is itself not finite in {in_calls(place.target.not_finite, place)}"
    else:
        yield (
            "what is differentiated is finite: it breaks down in the backward pass, as at tf.sqrt(0) or tf.norm "
            "of zeros, or in the branch of a tf.where that was not taken"
        )


def _first_op(seen: TrainingSeen, place: PlaceHealth) -> Iterator[str]:
    first = seen.first_in_function if place.traced else seen.first_not_finite
    if first is not None:
        where = f", of `{first.span.text}` at {first.span.place}" if first.span is not None else ""
        yield f"the first op whose result is not finite, although its inputs are: {first.kind}{where}"
    elif place.traced:
        yield "tf.config.run_functions_eagerly(True) shows the op in which it begins"


def dead(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the places with variables whose gradient is exactly zero in every call, there and everywhere else."""
    alive = {
        variable.identity
        for place in seen.places
        for variable in place.variables
        if variable.zero + variable.none < place.calls
    }
    for place in seen.places:
        zero = [
            each
            for each in place.variables
            if each.zero and each.identity not in alive and not _cancels(each, place, alive)
        ]
        if zero and not any(each.not_finite for each in place.variables):
            yield _dead(place, zero, seen)


def _cancels(variable: VariableHealth, place: PlaceHealth, alive: Collection[int]) -> bool:
    """Return whether a vector's gradient is zero on paper: that of the matrix beside it in the layer is not.

    So is the bias of what is only ever subtracted from its like: the scores of a Wasserstein critic, or of a
    ranking, and what a softmax or a batch normalisation follows.
    """
    layer = variable.path.rpartition("/")[0]
    return (
        bool(layer)
        and len(variable.shape) < 2
        and any(each.path.rpartition("/")[0] == layer for each in place.variables if each.identity in alive)
    )


def _dead(place: PlaceHealth, zero: Sequence[VariableHealth], seen: TrainingSeen) -> Finding:
    calls = max(variable.zero for variable in zero)
    severity: Severity = "suspicion" if calls >= ENOUGH else "note"
    notes = [f"exactly zero in {in_calls(calls, place)}: {listed([each.path for each in zero])}"]
    if place.single_unit:
        return Finding(
            cause="dead",
            message="softmax over one unit is constant: nothing before it can learn",
            span=place.single_unit[0],
            severity=severity,
            notes=(*notes, "for one output use a linear unit, or a sigmoid where it is a probability"),
        )
    cause: CauseName = "dead"
    if place.target.float16 and not seen.scales_the_loss:
        cause = "dtype"
        notes.append(
            "it is computed in float16 without loss scaling, where small gradients become zero: "
            "use keras.optimizers.LossScaleOptimizer, or bfloat16"
        )
    if severity == "note":
        notes.append("that may be how the variables were initialised: few calls were seen")
    message = f"the gradient of {how_many(zero, place)} is exactly zero in {every_call(place)}"
    return Finding(cause=cause, message=message, span=place.span, severity=severity, notes=tuple(notes))


def dead_units(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the places with layers of which most units get no gradient, as rectifiers that are always negative."""
    for place in seen.places:
        layers = [
            variable
            for variable in place.variables
            if variable.units >= _UNITS
            and 2 * variable.dead_units >= variable.units
            and variable.zero + variable.none < place.calls
        ]
        if layers and place.calls >= ENOUGH:
            shares = [f"{each.dead_units} of {each.units} of `{each.path}`" for each in layers]
            yield Finding(
                cause="dead",
                message="most units get no gradient in any call that was looked at",
                span=place.span,
                severity="note",
                notes=(f"exactly zero: {', '.join(shares[:SHOWN])}",),
            )


_UNITS = 8
"""Of fewer, it may be chance that most are never used: actions, classes."""


def disconnected(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the places with variables whose gradient is None in every call, there and everywhere else."""
    connected = {
        variable.identity
        for place in seen.places
        for variable in place.variables
        if variable.none < place.calls
    }
    for place in seen.places:
        none = [v for v in place.variables if v.none and v.trainable and v.identity not in connected]
        if none:
            yield Finding(
                cause="disconnected",
                message=f"the gradient of {how_many(none, place)} is None in {every_call(place)}",
                span=place.span,
                notes=tuple(_why_none(none, place)),
            )


def _why_none(none: Sequence[VariableHealth], place: PlaceHealth) -> Iterator[str]:
    unread = [variable for variable in none if variable.seen is False]
    cut = [variable for variable in none if variable.seen]
    other = [variable for variable in none if variable.seen is None]
    if unread:
        yield (
            f"not read inside the tape: {paths_of(unread)}; either nothing uses them, or they are used before the "
            "tape is opened"
        )
    if cut:
        yield (
            f"read inside the tape, but nothing differentiable leads from there to what is differentiated: "
            f"{paths_of(cut)}"
        )
        for span in place.converted:
            yield (
                f"{span.place}: `{span.text}` turns a tensor that the tape watches into a number; the tape does "
                "not see what is done with that number"
            )
    if other:
        yield f"None: {paths_of(other)}"


def no_scalar(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the places where what is differentiated for variables is not a scalar: its sum is, silently."""
    told = set()
    for place in seen.places:
        shapes = [shape for shape in place.target.shapes if any(length != 1 for length in shape)]
        span = place.target.span or place.span
        if shapes and place.variables and not (place.other_sources or place.weighted or span in told):
            shape = shapes[0]
            told.add(span)
            yield Finding(
                cause="loss_shape",
                message=f"the loss has shape {shape} and is not a scalar: its gradient is that of its sum",
                span=span,
                shapes=(shape,),  # type: ignore[arg-type]  # None: a length that was unknown while tracing
                notes=(
                    "tf.GradientTape silently differentiates the sum of its elements",
                    "end with tf.reduce_mean(...) or tf.reduce_sum(...), whichever is intended",
                    f"the gradient is taken at {place.span.place}",
                ),
            )


def misapplied(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield what optimizers were handed that does not belong together."""
    others = [each for each in seen.misapplied if each.kind == "other"]
    for span in dict.fromkeys(each.span for each in others):
        here = [each for each in others if each.span == span]
        pairs = [f"`{each.variable}` gets the gradient of `{each.belongs_to}`" for each in here[:SHOWN]]
        yield Finding(
            cause="other",
            message=f"the optimizer is handed gradients that belong to other variables ({len(here)})",
            span=span,
            severity="error",
            notes=(
                "; ".join(pairs),
                "zip the gradients with the variables that they were taken for, in that order",
            ),
        )
    told = {
        variable.path for place in seen.places for variable in place.variables if variable.none == place.calls
    }
    none = [each for each in seen.misapplied if each.kind == "none" and each.variable not in told]
    for span in dict.fromkeys(each.span for each in none):
        names = [each.variable for each in none if each.span == span]
        yield Finding(
            cause="disconnected",
            message=f"the optimizer is handed None for {number(len(names), 'variable')}",
            span=span,
            notes=(f"not updated: {listed(names)}",),
        )


def unread_losses(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the losses that layers add and that nobody read: they are no part of what is differentiated."""
    kinds = {
        "regularizer": "with a regularizer",
        "add_loss": "with losses of their own (`add_loss`, or an activity regularizer)",
    }
    place = max(seen.places, key=lambda each: each.calls, default=None)
    for kind, what in kinds.items():
        layers = [each.layer for each in seen.unread if each.kind == kind]
        if layers:
            yield Finding(
                cause="other",
                message=f"{number(len(layers), 'layer')} {what}, and nothing reads `.losses` during training",
                span=None if place is None else place.span,
                notes=(
                    f"without any effect: {listed(layers)}",
                    "a custom training loop has to add them: loss += sum(model.losses)",
                ),
            )


def never_asked(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the trainable variables that a loss reads, that nobody asked a gradient for, and that never change.

    Those with a counterpart of the same name and shape among the trained ones are no finding: they are the copy
    of a network, which is not due yet to be brought up to date.
    """
    asked = {(_leaf(variable), variable.shape) for variable in seen.variables if variable.asked}
    trains = {place.span for place in seen.places if place.variables}
    left: dict[object, list[VariableSeen]] = {}
    for variable in seen.variables:
        if not variable.asked and variable.changed is False and variable.place in trains:
            left.setdefault(variable.place, []).append(variable)
    for variables in left.values():
        if all((_leaf(variable), variable.shape) in asked for variable in variables):
            continue
        yield Finding(
            cause="disconnected",
            message=(
                f"{number(len(variables), 'trainable variable')} that the loss reads "
                f"{'is' if len(variables) == 1 else 'are'} never trained: no gradient is taken"
            ),
            span=variables[0].place,
            notes=(
                f"not trained: {listed([variable.path for variable in variables])}",
                "if they are meant to be trained, add them to the variables that the gradient is taken for; if "
                "not, set `trainable = False`",
            ),
        )


def _leaf(variable: VariableSeen) -> str:
    return variable.path.rpartition("/")[2]


def never_changed(seen: TrainingSeen) -> Iterator[Finding]:
    """Yield the variables for which a gradient was taken several times, and which are what they were."""
    still = {
        each.identity for each in seen.variables if each.asked and each.changed is False and not each.applied
    }
    for place in seen.places:
        variables = [
            variable
            for variable in place.variables
            if variable.identity in still and variable.zero + variable.none + variable.not_finite == 0
        ]
        if variables and place.calls >= ENOUGH:
            yield Finding(
                cause="other",
                message=f"{how_many(variables, place)} never changed: nothing applies the gradient that is taken",
                span=place.span,
                notes=(f"the same after {in_calls(place.calls)}: {paths_of(variables)}",),
            )

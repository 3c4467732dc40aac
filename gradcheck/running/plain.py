"""The whole batch at once, on one device: op by op, as a graph, compiled."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

import numpy as np

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError, UserCodeError, raised_at, said
from gradcheck.execution.method_internals import owner_of
from gradcheck.execution.modes import subject as ways
from gradcheck.execution.modes.base import backward_and_forward
from gradcheck.execution.modes.functions import stale
from gradcheck.program.run import Called
from gradcheck.running.bench import Bench, NotApplicableError, NotRunError
from gradcheck.running.parting import of_graph, of_order, of_traced
from gradcheck.running.result import Row
from gradcheck.running.underflow import underflow_of
from gradcheck.running.words import at, how_it_differs, with_the_place
from gradcheck.source import python_values


@dataclass(frozen=True)
class Eager:
    """Op by op, as the loss is written."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Compare the tape's gradient with float64."""
        base = bench.base
        found = bench.compared(base.run.gradients)
        if base.precision == "float16" and (lost := underflow_of(bench, base.subject, base.run)) is not None:
            return bench.row(self.name, found, lost[1], "different")
        note = base.float64.reason and f"compared with itself: {base.float64.reason}"
        if found.verdict == "different":
            note = bench.broken_down(found, base.run)
        return bench.row(self.name, found, note)


@dataclass(frozen=True)
class Graph:
    """Within one `tf.function`."""

    name: str
    xla: bool = False
    any_size: bool = False

    def row(self, bench: Bench) -> Row:
        """Trace the loss with its tape, run it, and compare."""
        if self.any_size and not bench.subject.samples:
            raise NotApplicableError(no_samples(bench))
        _leaves_functions_alone(bench)
        try:
            taken = ways.as_graph(bench.subject, xla=self.xla, any_size=self.any_size)
        except GradcheckError as error:
            raise NotRunError(last_line(error)) from error
        found = bench.compared(taken.gradients)
        if found.verdict != "different" or not found.finite:
            return bench.row(self.name, found)
        told = how_it_differs(found, bench.paths)
        old = "" if self.any_size else _stale(bench)
        if old:
            return bench.row(self.name, found, f"{told}: {old}")
        parted = of_graph(bench, taken.gradients, any_size=self.any_size)
        return bench.row(self.name, found, with_the_place(told, parted))


def _leaves_functions_alone(bench: Bench) -> None:
    """Raise a `NotRunError` where a function of the user's own process would be traced with our random numbers."""
    if bench.make is None and bench.base.draws and bench.base.run.functions:
        raise NotRunError(f"its tf.function would be traced with other random numbers: {bench.how}")


@dataclass(frozen=True)
class Compiled:
    """Each `tf.function` of the user's as the graph that it was traced to."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Run them as graphs; of one that differs, say whether it is stale."""
        functions = bench.base.run.functions
        if not functions:
            raise NotApplicableError("the formulation calls no tf.function")
        if bench.subject.form == "step":
            raise NotApplicableError("it is a training step, whose optimizer would apply the gradients")
        _leaves_functions_alone(bench)
        try:
            taken = ways.as_the_user_compiled_it(bench.subject)
        except GradcheckError as error:
            raise NotRunError(last_line(error)) from error
        found = bench.compared(taken.gradients)
        if found.verdict != "different":
            return bench.row(self.name, found)
        said = how_it_differs(found, bench.paths)
        old = _stale(bench)
        if old:
            said = with_the_place(f"{said}: {old}", of_traced(bench, taken.gradients))
        elif not found.finite:
            said = bench.not_finite
        else:
            said = with_the_place(said, of_traced(bench, taken.gradients))
        return bench.row(self.name, found, said)


def _stale(bench: Bench) -> str:
    """Return which function of the user's is not what it was when it was traced, and why; "" if none is known."""
    functions = bench.base.run.functions
    if not functions or bench.subject.form == "step":
        return ""
    if "stale" not in bench.told:
        culprit = stale(bench.subject, functions, lambda g: bench.compared(g).verdict != "different")
        bench.told["stale"] = "" if culprit is None else _as_it_was_traced(culprit)
    return bench.told["stale"]


def _as_it_was_traced(culprit: Called) -> str:
    name = getattr(culprit.python, "__name__", "a tf.function")
    (owner,) = owner_of(culprit.function) or (None,)
    values = python_values(culprit.python, owner)
    listed = " or ".join(f"`{value}`" for value in values)
    which = f" ({listed}, say)" if values else ""
    return (
        f"traced again, `{name}` agrees: a Python value that it captured when it was traced has changed since"
        f"{which}; pass it as a tensor, or keep it in a tf.Variable"
    )


@dataclass(frozen=True)
class Permuted:
    """The samples in another order."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Shuffle the samples; that their order matters is no fault."""
        samples = bench.subject.samples
        if samples < 2:
            raise NotApplicableError("the batch has one sample" if samples else no_samples(bench))
        rows = bench.subject.rows(_shuffled(samples))
        found = bench.compared(ways.eagerly(bench.subject, rows).gradients)
        if found.verdict != "different":
            return bench.row(self.name, found)
        said = f"the loss depends on the order of its samples: {how_it_differs(found, bench.paths)}"
        said = with_the_place(said, of_order(bench, _shuffled))
        return bench.row(self.name, found, said, "information")


def _shuffled(samples: int) -> Array:
    return np.random.default_rng(0).permutation(samples)


@dataclass(frozen=True)
class Recompute:
    """The forward pass run again in the backward pass."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Recompute with the same random numbers, and then with those that are drawn again."""
        base = bench.base
        if bench.subject.form not in {"loss", "model"}:
            raise NotApplicableError("the formulation takes gradients itself")
        if base.redrawn is not None:
            return self._own(bench)
        try:
            found = bench.compared(ways.recomputed(bench.subject).gradients)
        except GradcheckError as error:
            raise NotRunError(last_line(error)) from error
        if found.verdict == "different" and found.size == 0:
            return bench.row(self.name, found, _UNSEEN, "information")
        if found.verdict == "different" or not base.draws:
            return bench.row_of_a_run_on(self.name, found)
        anew = ways.drawing_anew(bench.subject)
        other = bench.compared(ways.recomputed(anew).gradients, exact=ways.eagerly(anew).gradients)
        if other.verdict != "different":
            return bench.row(self.name, found)
        return bench.row(self.name, other, _ANEW, "information")

    def _own(self, bench: Bench) -> Row:
        own, right = backward_and_forward(ways.drawing_anew(bench.subject))
        said = (
            f"{at(bench.base.redrawn)} draws other random numbers when it runs again in the backward pass: "
            "dropout has another mask, for example; use stateless random ops in it, with a seed as an argument"
        )
        return bench.row(self.name, bench.compared(own, exact=right), said, "different")


_UNSEEN = (
    "exactly zero: tf.recompute_grad does not see the variables, for example because a concrete function captures "
    "them; call the function that it was made from"
)

_ANEW = (
    "its random numbers are drawn again in the backward pass (dropout has another mask, for example); with the "
    "same numbers the gradient is the same: use stateless random ops before you recompute it"
)


def no_samples(bench: Bench) -> str:
    """Return why a batch cannot be taken apart."""
    return f"the batch cannot be taken apart: {bench.subject.prepared.axis}"


def last_line(error: Exception) -> str:
    """Return what an error says in one line: that of the user's code without its traceback."""
    if isinstance(error, UserCodeError):
        raised = getattr(error.error, "message", None) or said(error.error)
        name = type(error.error).__name__
        line = _first_line(str(raised)).removeprefix(
            f"{name}: "
        )  # AutoGraph's message has the name of its own
        place = raised_at(error.error)
        return f"{error.what} {name}: {line}" + (f" ({place})" if place else "")
    return _first_line(str(error))


def _first_line(text: str) -> str:
    lines = [line.strip() for line in re.sub(_REMARKS, "", text).splitlines() if line.strip()]
    # AutoGraph puts a traceback into the message, and what was raised at its end.
    chosen = -1 if text.lstrip().startswith("in user code:") else 0
    return textwrap.shorten(lines[chosen], 200, placeholder=" …") if lines else ""


_REMARKS = r"\{\{[^}]*\}\}|\[_Xla[^]]*\]"
"""What TensorFlow puts into its messages for itself."""

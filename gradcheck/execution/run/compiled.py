"""Compiled runs of formulations, to compare with the recorded eager runs."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import tensorflow as tf

from gradcheck.errors import CaseError
from gradcheck.execution.ops.attributes import definition
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.record.eagerly import alone, compiled, exclusively
from gradcheck.execution.replay.float64_gradients import Float64Gradients
from gradcheck.execution.replay.machine import ReplayUnavailableError, replay
from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from gradcheck.execution.run.as_taken import AsTaken
from gradcheck.execution.run.formulation import loss_of
from gradcheck.execution.run.freeze import Frozen, frozen
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.returned import Told
from gradcheck.judgement.compiled import Agreement, LossAndGradients, Rounding, agreement, rounding
from gradcheck.program.ops import is_draw
from gradcheck.program.recording import DRAWS, Recording
from gradcheck.program.run import Called, Run

_SAMPLES = 4
"""How many replays that round at random show what rounding does to the gradients."""


@dataclass(frozen=True)
class Compiled:
    """How a side does when its functions made by `tf.function` run as graphs.

    Parameters
    ----------
    called
        These functions.
    eager, outcome
        What the side gives run eagerly, and compiled; None where it could not be run so.
    agreement
        How the two compare; None where they could not be compared.
    why_not
        Why they could not.
    culprit
        The function that makes the difference.
    agrees_anew
        Whether that function agrees when it is traced again; None if it cannot be.
    """

    called: Sequence[Called]
    eager: LossAndGradients
    outcome: LossAndGradients | None = None
    agreement: Agreement | None = None
    why_not: str = ""
    culprit: Called | None = None
    agrees_anew: bool | None = None

    @property
    def differs(self) -> bool:
        """Whether the recording is not what the side computes when compiled."""
        return self.agreement in ("different", "not finite")


def compiled_sides(pair: FormulationPair) -> dict[str, Compiled]:
    """Run each side that calls functions made by `tf.function` once more, as graphs, from the same state.

    Returns
    -------
    By side, for those that do. Everything is as before afterwards, except that a function which was never
    called is traced now.
    """
    found: dict[str, Compiled] = {}
    if not any(run.functions for run in pair.runs):
        return found
    with frozen(pair.seed, pair.case.formulations().values()) as world:
        for run, float64, advances in zip(pair.runs, pair.float64, pair.advances, strict=True):
            if run.functions:
                found[run.side] = _Check(pair, run, float64, world).result(draws=bool(advances))
    return found


@dataclass(frozen=True)
class _Check:
    pair: FormulationPair
    run: Run
    float64: Float64Gradients
    world: Frozen

    def result(self, *, draws: bool) -> Compiled:
        """Compare. `draws`: whether the side draws from generators outside TensorFlow."""
        result = partial(Compiled, self.run.functions, self._eager)
        drawn = "it draws random numbers, and would draw different ones when compiled"
        if _draws_from_kernels(self.run.recording):
            return result(why_not=drawn)
        found = self._not_as_a_graph or self._outcome(compiled())
        if isinstance(found, str):
            return result(why_not=found)
        agreed = self._agreement(found)
        if agreed in ("different", "not finite"):
            if draws or self.run.recording.all_draws:
                return result(why_not=drawn)
            if not self._repeats_itself():
                return result(why_not="it does not give the same values twice")
            culprit = self._culprit()
            return result(found, agreed, culprit=culprit, agrees_anew=self._agrees(culprit, anew=True))
        return result(found, agreed)

    @property
    def _not_as_a_graph(self) -> str:
        """Why the side cannot be run as a graph; "" where it can."""
        if isinstance(self.pair.case.formulations()[self.run.side], AsTaken):
            return "as a graph, the gradients of its tape cannot be seen"
        return _AS_A_GRAPH if self.run.form == "step" else ""

    @property
    def _eager(self) -> LossAndGradients:
        return LossAndGradients(self.run.value, self.run.gradients)

    def _agreement(self, found: LossAndGradients) -> Agreement:
        return agreement(self._eager, found, self._rounding)

    def _repeats_itself(self) -> bool:
        again = self._outcome(exclusively())
        return isinstance(again, LossAndGradients) and self._agreement(again) in ("same", "unclear")

    def _culprit(self) -> Called:
        """Return the function that makes the difference by itself, or else the first."""
        functions = list({id(called.function): called for called in self.run.functions}.values())
        suspects = functions if len(functions) > 1 else []
        return next((each for each in suspects if self._agrees(each, anew=False) is False), functions[0])

    def _agrees(self, called: Called, *, anew: bool) -> bool | None:
        """Return whether the side agrees where no other function runs as a graph; None where it raises."""
        found = self._outcome(alone(called.function, anew=anew))
        return None if isinstance(found, str) else self._agreement(found) in ("same", "unclear")

    def _outcome(self, mode: AbstractContextManager[None]) -> LossAndGradients | str:
        """Run the side in a mode; return what it gave, or in words what went wrong."""
        prepared = self.pair.prepared
        formulation = self.pair.case.formulations()[self.run.side]
        batch = tf.nest.map_structure(lambda tensor: tensor, dict(prepared.batch))
        self.world.start(draws=False)
        variables = prepared.with_weights(self.run.side)
        told = Told("when compiled, it", variables, prepared.loss, before=-1)
        try:
            with mode, tf.GradientTape() as tape:
                loss = loss_of(formulation, batch, told)
                gradients = dense_gradients(tape, loss, list(variables.values()))
        except CaseError as error:  # it returned something that cannot be compared
            return str(error)
        except (Exception, SystemExit) as error:  # whatever the user's own code raises
            return f"when compiled, it raised {_said(error)}"
        if self.run.form == "gradients":  # there is no loss of its own to compare
            return LossAndGradients(self.run.value, gradients)
        return LossAndGradients(float(tf.reduce_sum(tf.cast(loss, tf.float64))), gradients)

    def _rounding(self) -> Rounding | None:
        if self.float64.gradients is None:
            return None
        recording, start = self.run.recording, self.run.start
        try:
            exact = replay(recording, start, float64=True)
            rounded = [stochastically_rounded(recording, start, seed) for seed in range(_SAMPLES)]
        except ReplayUnavailableError:
            return None
        samples = [LossAndGradients(one.value, one.gradients) for one in rounded]
        return rounding(LossAndGradients(exact.value, exact.gradients), [self._eager, *samples])


_AS_A_GRAPH = "as a graph its optimizer would apply the gradients"
"""A step that is traced while its optimizer is kept from applying would never apply any again."""


def _draws_from_kernels(recording: Recording) -> bool:
    """Return whether a random op keeps its state in its kernel, which cannot be restored in a graph."""
    return any(DRAWS in op.attributes or (is_draw(op.type) and _is_stateful(op.type)) for op in recording.ops)


def _is_stateful(kind: str) -> bool:
    known = definition(kind)
    return known is None or known.stateful


def _said(error: BaseException) -> str:
    """Return the first line of an error, without what TensorFlow puts into it for itself."""
    lines = re.sub(_OWN_REMARKS, "", str(getattr(error, "message", error))).strip().splitlines()
    said = textwrap.shorten(lines[0], 200, placeholder=" …") if lines else ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


_OWN_REMARKS = r"\{\{[^}]*\}\}|\[_Xla[^]]*\]"

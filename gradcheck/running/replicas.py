"""Replicas under a strategy of TensorFlow's, each with its share of the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gradcheck.arrays import Array
from gradcheck.errors import GradcheckError
from gradcheck.execution.modes import strategies
from gradcheck.execution.modes import trainer as keras_trainer
from gradcheck.execution.modes.keras_losses import without_own_losses
from gradcheck.execution.modes.policies import are_distributed, made_alike
from gradcheck.execution.modes.strategies import halves, on_replicas
from gradcheck.execution.modes.subject import Subject
from gradcheck.execution.modes.trainer import has_own_losses
from gradcheck.judgement.clipping import Clipping
from gradcheck.judgement.modes import Comparison, combined
from gradcheck.running.bench import Bench, NotApplicableError, NotRunError
from gradcheck.running.document import ModeVerdict
from gradcheck.running.parts import enough_samples, joined, taken_in_parts, why_not
from gradcheck.running.plain import last_line
from gradcheck.running.result import Row
from gradcheck.running.trainer import Applied, applied, as_what, needs_a_model, on_one_device
from gradcheck.running.words import ADDED_UP, at, how_it_differs, multiple, scalar_at, share


@dataclass(frozen=True)
class Replicas:
    """Two replicas by `strategy.run`, their gradients added up as optimizers do."""

    name: str
    uneven: bool = False

    def row(self, bench: Bench) -> Row:
        """Take the gradient of each replica's share; say in which way they make that of the batch."""
        fewer, rows = shared(bench, self.uneven)
        return on_strategy(fewer, self.name, strategies.mirrored(), rows)


@dataclass(frozen=True)
class FitReplicas:
    """Keras's `fit` on two replicas."""

    name: str
    uneven: bool = False

    def row(self, bench: Bench) -> Row:
        """Train one step on two replicas, and compare with one device."""
        needs_a_model(bench)
        bench, rows = shared(bench, self.uneven)
        subject = in_scope(bench, strategies.mirrored())
        batch = bench.subject.batch()
        # Keras averages the first batch over the replicas to build the model, and so it has to be an even one.
        lead = bench.subject.rows([*range(bench.subject.samples), 0]) if self.uneven else None
        found = applied(bench, subject, lambda one, rate: keras_trainer.fitted(one, rate, batch, lead=lead))
        return _row_of_fit(bench, self.name, rows, found)


def shared(bench: Bench, uneven: bool) -> tuple[Bench, list[Array]]:
    """Return the numbers of the samples of two replicas, and what is compared with all of them together.

    Raises
    ------
    NotApplicableError
        There are too few samples.
    """
    samples = enough_samples(bench, 3 if uneven else 2)
    count = samples - (samples + uneven) % 2
    return bench.of_first(count), halves(count, (count + 1) // 2)


def on_strategy(bench: Bench, mode: str, strategy: Any, rows: Sequence[Array]) -> Row:
    """Return the row for the formulation on the replicas of a strategy."""
    subject = in_scope(bench, strategy)
    try:
        added = on_replicas(subject, strategy, rows)
    except GradcheckError as error:
        raise NotRunError(last_line(error)) from error
    shared_out = _Shared(bench, rows, added, bench.base.exact)
    return shared_out.row(mode, f"{_made_by(bench)}; {_SCALE}", fault=False)


def in_scope(bench: Bench, strategy: Any) -> Subject:
    """Return the case made anew in the scope of a strategy."""
    subject = made_alike(bench.anew(scope=strategy), bench.subject)
    if not are_distributed(subject.case.variables):
        raise NotRunError(
            "the variables were not created in the strategy's scope: create the model in the file of the case, "
            "preferably in its factory"
        )
    return subject


@dataclass(frozen=True)
class _Shared:
    """A gradient that replicas made together, each of its share of the batch.

    Parameters
    ----------
    wanted
        What one device gives.
    clipping
        How an optimizer clips them.
    otherwise
        Returns an explanation for a gradient that their shares do not explain.
    """

    bench: Bench
    rows: Sequence[Array]
    gradients: Sequence[Array | None]
    wanted: Sequence[Array | None]
    further: Sequence[float] | None = None
    clipping: Clipping = field(default_factory=Clipping)
    otherwise: Callable[[], str] = lambda: ""

    def row(self, mode: str, advice: str, *, fault: bool) -> Row:
        """Return the row.

        Parameters
        ----------
        advice
            What to do where the replicas' means are added up.
        fault
            Whether that is one: of Keras's trainer, which nobody told how to add up.
        """
        bench = self.bench
        found = self._compared(self.clipping.of(self.wanted))
        if found.verdict != "different":
            return bench.row(mode, found)
        said, verdict = self._why(found, advice, fault=fault)
        if not said:
            return bench.row_of_a_run_on(mode, found, self._unexplained(found))
        return bench.row(mode, found, said, verdict)

    def _unexplained(self, found: Comparison) -> str:
        said = how_it_differs(found, self.bench.paths) if found.finite else self.bench.not_finite
        return f"{said}{self.otherwise()}"

    def _why(self, found: Comparison, advice: str, *, fault: bool) -> tuple[str, ModeVerdict]:
        """Return how the shares make the gradient, and what that means; nothing where they do not make it."""
        bench, rows, larger = self.bench, self.rows, ""
        parts = taken_in_parts(bench, rows)
        each = [part.gradients for part in parts]
        alike = joined(bench, parts, rows)
        added = self._sum_of_losses(each) or combined(each, [1.0] * len(rows))
        if self._is(self.clipping.of(added)):
            if alike.how == "once":
                return _ONCE, "information"
            times = f"{multiple(found.scale or 0.0)} the gradient"
            factor = times if found.is_multiple else f"{share(found.relative)} off"
            if alike.how == "mean" or (fault and alike.how is None):
                return f"{factor}: {ADDED_UP}{advice}", "different" if fault else "information"
            if alike.how is None and self._is_nearer(combined(each, [1 / len(rows)] * len(rows)), found):
                larger = f"{found.size / found.exact_size:.2g} times as large: {ADDED_UP}{advice}; besides, "
        elif not self._is(self.clipping.of(combined(each, [1 / len(rows)] * len(rows)))):
            if self._is_clipped_before(each):
                return f"{how_it_differs(found, bench.paths)}: {_CLIPPED}", "different"
            return "", "different"
        elif alike.how is not None:
            return f"{share(found.relative)} off: {_UNEQUAL}", "information"
        said, wrong = why_not(bench, parts, rows)
        told = larger or f"as {len(rows)} micro-batches: "
        return f"{told}{said}", "different" if wrong else "information"

    def _is_clipped_before(self, each: Sequence[Sequence[Array | None]]) -> bool:
        """Return whether each replica's share is clipped by itself, as it is or divided by their number."""
        count = len(each)
        shares = [[combined([one], [by]) for one in each] for by in (1.0, 1 / count)]
        return bool(self.clipping) and any(
            self._is(combined([self.clipping.of(one) for one in share], [1.0] * count)) for share in shares
        )

    def _sum_of_losses(self, each: Sequence[Sequence[Array | None]]) -> list[Array | None] | None:
        """Return the sum of the replicas' gradients; None where no layer adds anything to the loss.

        What layers add, Keras divides by the number of replicas, whatever it does with the loss.
        """
        bench = self.bench
        if not has_own_losses(bench.subject):
            return None
        of_data = without_own_losses(bench.subject.case.candidate)
        bare = [one.gradients for one in taken_in_parts(bench, self.rows, of_data)]
        count = len(each)
        return combined([*each, *bare], [1 / count] * count + [1 - 1 / count] * count)

    def _is_nearer(self, other: Sequence[Array | None], found: Comparison) -> bool:
        """Return whether another gradient is nearer to the right one than that which was found."""
        return self.bench.compared(other, exact=self.clipping.of(self.wanted)).relative < found.relative

    def _is(self, other: Sequence[Array | None]) -> bool:
        return self._compared(other).verdict != "different"

    def _compared(self, exact: Sequence[Array | None]) -> Comparison:
        return self.bench.compared(self.gradients, exact=exact, further=self.further)


def _row_of_fit(bench: Bench, mode: str, rows: Sequence[Array], found: Applied) -> Row:
    """Return the row for what Keras's trainer applied on replicas."""
    made = _Shared(
        bench,
        rows,
        found.taken.gradients,
        on_one_device(bench),
        found.further,
        found.clipping,
        lambda: as_what(bench, found),
    )
    return made.row(mode, f"; {_PER_SAMPLE}{_made_by(bench)}: return the loss of each sample", fault=True)


def _made_by(bench: Bench) -> str:
    """Return where the formulation makes one number of its samples, as a clause; "" where that is not known."""
    scalar = at(scalar_at(bench.base.run.recording))
    return f", which {scalar} makes" if scalar else ""


_SCALE = (
    "add up the losses of its samples and divide by the size of the global batch, and a penalty on the weights by "
    "the number of replicas; or average the gradients"
)

_PER_SAMPLE = (
    "Keras divides a loss by the number of replicas only if it is one number per sample, and not a scalar"
)

_CLIPPED = (
    "the optimizer clips the gradient of each replica before it adds them up: their sum points elsewhere, and may "
    "be as many times the limit as there are replicas"
)

_ONCE = "what no sample changes, such as a penalty, counts once per replica: divide it by their number"

_UNEQUAL = "replicas with unequal shares of the batch have the same weight"


@dataclass(frozen=True)
class Workers:
    """Processes under `MultiWorkerMirroredStrategy`, each with its share of the batch."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Take this process's part in one step; what they made together is compared with one device."""
        bench, rows = shared_by_workers(bench)
        return on_strategy(bench, self.name, bench.strategy, rows)


def shared_by_workers(bench: Bench) -> tuple[Bench, list[Array]]:
    """Return the numbers of the samples of each worker, and what is compared with all of them together."""
    if bench.strategy is None:
        raise NotRunError("ask for it with --workers 2")
    count = bench.strategy.num_replicas_in_sync
    samples = enough_samples(bench, count)
    bench = bench.of_first(samples - samples % count)
    return bench, strategies.equal_parts(bench.subject.samples, count)


@dataclass(frozen=True)
class FitWorkers:
    """A Keras model trained by these processes: by `fit`, or where that raises, by its `train_step`."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Train one step, and compare with one device."""
        needs_a_model(bench)
        bench, rows = shared_by_workers(bench)
        subject = in_scope(bench, bench.strategy)
        found, note = self._applied(bench, subject, rows)
        row = _row_of_fit(bench, self.name, rows, found)
        return replace(row, note="; ".join(filter(None, [row.note, note])))

    def _applied(self, bench: Bench, subject: Subject, rows: Sequence[Array]) -> tuple[Applied, str]:
        batch = bench.subject.batch()
        try:
            return applied(bench, subject, lambda one, rate: keras_trainer.fitted(one, rate, batch)), ""
        except NotRunError as raised:
            note = (
                f"by strategy.run(model.train_step), since fit is not possible under this strategy: {raised}"
            )
        share = bench.subject.rows(strategies.share_of_this_worker(bench.strategy, rows))
        found = applied(
            bench,
            subject,
            lambda one, rate: keras_trainer.trained_on_shares(one, rate, bench.strategy, share),
        )
        return found, note


@dataclass(frozen=True)
class ParameterServer:
    """`ParameterServerStrategy`, which this does not run."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Say why it is not run."""
        raise NotRunError(
            "its workers apply gradients one after the other, each for weights that others have changed in the "
            "meantime: there is no gradient of one batch to compare with; each worker gives that of micro_batches"
        )


@dataclass(frozen=True)
class TensorFloat:
    """float32 products in TF32, as GPUs compute them."""

    name: str

    def row(self, bench: Bench) -> Row:
        """Compare with TF32 allowed, by its rounding."""
        if not strategies.has_gpu():
            raise NotApplicableError("there is no GPU")
        return bench.row(
            self.name, bench.compared(strategies.with_tensor_float(bench.subject).gradients, precision="tf32")
        )

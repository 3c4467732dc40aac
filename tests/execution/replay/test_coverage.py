"""What a replay can run again, and that a replay is never believed when it is wrong."""

from __future__ import annotations

import dataclasses
import functools
import random
import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import execute
from tensorflow.python.framework import op_callbacks
from tensorflow.python.ops import custom_gradient

import gradcheck
from gradcheck.execution.ops import float64_kernels
from gradcheck.execution.ops.dense_gradients import dense_gradients
from gradcheck.execution.replay import float64_gradients as float64
from gradcheck.execution.replay.float64_gradients import float64_gradients
from gradcheck.execution.replay.machine import Machine, ReplayUnavailableError, replay
from gradcheck.execution.replay.stochastic_rounding import stochastically_rounded
from gradcheck.execution.run.formulation import run
from gradcheck.execution.run.freeze import frozen, seeded
from gradcheck.execution.run.prepare import Prepared, prepare
from gradcheck.judgement.differences import Array, difference
from gradcheck.program.recording import Op, Recording
from gradcheck.program.run import Run
from support.manifest import LONG
from support.project import ROOT
from support.replay_cases import ENTRIES, Entry, normal, scalar, table_as_markdown, variable

AVAILABLE = [entry for entry in ENTRIES if entry.float64 == "yes"]


@functools.cache
def recorded(entry: Entry) -> tuple[Run, list[Array | None]]:
    """Return a run of the entry's loss, and the gradients that it has without a recorder."""
    with seeded(0):
        loss, variables = entry.build()
        prepared = prepare(case(loss, variables, x=entry.inputs()))
        with frozen(0) as world:
            world.start()
            bare = bare_gradients(loss, prepared)
            world.start()
            return run("reference", loss, prepared), bare


def case(loss: Any, variables: Any, **batch: Any) -> gradcheck.Case:
    return gradcheck.Case(reference=loss, candidate=loss, batch=batch, variables=variables)


def bare_gradients(loss: Callable[..., Any], prepared: Prepared) -> list[Array | None]:
    with tf.GradientTape() as tape:
        value = loss(**prepared.batch)
    return dense_gradients(tape, value, list(prepared.variables.values()))


def recording_of(loss: Any, variables: Any, **batch: Any) -> Run:
    return run("reference", loss, prepare(case(loss, variables, **batch)))


def named(entry: Entry) -> str:
    return entry.name


@pytest.mark.parametrize("entry", ENTRIES[:: 1 if LONG else 8], ids=named)
def test_float64_is_as_available_as_the_table_says(entry: Entry) -> None:
    run, _ = recorded(entry)
    found = float64_gradients(run)
    if entry.float64 != "yes":
        assert found.gradients is None
        assert entry.float64 in found.reason
        assert "replay_cases.py:" in found.reason
        return
    assert found.reason == ""
    assert found.gradients is not None
    same = replay(run.recording, run.start, float64=False)
    assert same.value == pytest.approx(run.value, rel=1e-5, nan_ok=True)
    for tape, exact, again in zip(run.gradients, found.gradients, same.gradients, strict=True):
        assert_as_near_as_rounding_leaves_it(entry, tape, exact, again)


def assert_as_near_as_rounding_leaves_it(
    entry: Entry, tape: Array | None, exact: Array | None, again: Array | None
) -> None:
    if tape is None or exact is None or again is None:
        assert tape is exact is again
        return
    assert exact.dtype in (np.float64, np.complex128)
    if not np.isfinite(tape).all():
        np.testing.assert_array_equal(np.isfinite(tape), np.isfinite(again))
    elif entry.faithful == 0:
        np.testing.assert_array_equal(again, tape)
    else:
        assert difference(tape, again).relative <= entry.faithful


@pytest.mark.parametrize("entry", ENTRIES[:: 1 if LONG else 8], ids=named)
def test_recording_does_not_change_the_gradients(entry: Entry) -> None:
    run, bare = recorded(entry)
    whole = np.sqrt(sum(np.sum(np.abs(g[np.isfinite(g)]) ** 2) for g in bare if g is not None))
    for without, with_recorder in zip(bare, run.gradients, strict=True):
        if without is None or with_recorder is None:
            assert without is with_recorder
        else:  # a function run as a graph is rounded in another way than run eagerly
            np.testing.assert_allclose(with_recorder, without, rtol=1e-4, atol=1e-5 * whole)


@pytest.mark.parametrize("entry", AVAILABLE[:: 1 if LONG else 8], ids=named)
def test_a_replay_of_something_else_is_not_believed(entry: Entry) -> None:
    run, _ = recorded(entry)
    if not all(np.isfinite(gradient).all() for gradient in run.gradients if gradient is not None):
        pytest.skip("a gradient of NaNs is the same whatever is computed")
    found = float64_gradients(faulty(run, random.Random(entry.name)))
    assert found.gradients is None
    assert "does not reproduce" in found.reason


def faulty(run: Run, dice: random.Random) -> Run:
    """Return the run with an input of some op negated in its recording, so that the gradient is another."""
    exact = together(replay(run.recording, run.start, float64=True).gradients)
    visible = max(1e-3, 20 * difference(together(run.gradients), exact).relative)
    places = [
        (op, place)
        for op in run.recording.ops
        for place, number in enumerate(op.inputs)
        if op.index in run.recording.contributing and number in run.recording.trainable
    ]
    for op, place in dice.sample(places, len(places)):
        fault = dataclasses.replace(run, recording=negated(run.recording, op, place))
        if change_of_gradient(exact, fault) > visible:
            return fault
    raise AssertionError("no fault changed the gradient")


def negated(recording: Recording, op: Op, place: int) -> Recording:
    """Return the recording with the input of `op` at `place` negated."""
    number, fresh = op.inputs[place], -1
    negative = Op(len(recording.ops), "Neg", (number,), (fresh,), {}, op.site)
    changed = dataclasses.replace(op, inputs=(*op.inputs[:place], fresh, *op.inputs[place + 1 :]))
    ops = [part for each in recording.ops for part in ([negative, changed] if each is op else [each])]
    tensors = {**recording.tensors, fresh: recording.tensors[number]}
    return dataclasses.replace(recording, ops=tuple(ops), tensors=tensors)


def change_of_gradient(exact: Array, faulty: Run) -> float:
    try:
        others = replay(faulty.recording, faulty.start, float64=True).gradients
    except ReplayUnavailableError:
        return 0.0
    return difference(exact, together(others)).relative


def together(gradients: list[Array | None]) -> Array:
    """Return all gradients as one array: one that is zero but for rounding does not count by itself."""
    return np.concatenate([np.ravel(gradient) for gradient in gradients if gradient is not None])


# ---------------------------------------------------------------- single faults


def believed(run: Run, **changes: Any) -> bool:
    recording = dataclasses.replace(run.recording, **changes)
    return float64_gradients(dataclasses.replace(run, recording=recording)).gradients is not None


def with_op(run: Run, kind: str, **changes: Any) -> tuple[Op, ...]:
    (found,) = [op for op in run.recording.ops if op.type == kind]
    return tuple(dataclasses.replace(op, **changes) if op is found else op for op in run.recording.ops)


def test_an_attribute_exchanged_is_caught() -> None:
    w = variable(4)
    run = recording_of(lambda x: scalar(tf.cumsum(x * w)), [w], x=normal(6, 4))
    (cumsum,) = [op for op in run.recording.ops if op.type == "Cumsum"]
    assert believed(run)
    assert not believed(run, ops=with_op(run, "Cumsum", attributes={**cumsum.attributes, "reverse": True}))


def test_inputs_exchanged_are_caught() -> None:
    w = variable(4)
    run = recording_of(lambda x: scalar(tf.atan2(x, w)), [w], x=normal(6, 4))
    (atan2,) = [op for op in run.recording.ops if op.type == "Atan2"]
    assert not believed(run, ops=with_op(run, "Atan2", inputs=atan2.inputs[::-1]))


def test_variables_exchanged_are_caught_though_their_values_are_equal() -> None:
    w, v = tf.Variable(tf.zeros([4])), tf.Variable(tf.zeros([4]))
    run = recording_of(lambda x: scalar(x * w + tf.sin(v)), [w, v], x=normal(6, 4))
    names = sorted(set(run.recording.reads.values()))
    swapped = {number: names[1 - names.index(path)] for number, path in run.recording.reads.items()}
    assert believed(run)
    assert not believed(run, reads=swapped)


def test_a_read_that_goes_unnoticed_is_caught() -> None:
    w = variable(4)
    run = recording_of(lambda x: scalar(x * w), [w], x=normal(6, 4))
    assert not believed(run, reads={})


def test_a_wrong_twin_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = next(entry for entry in ENTRIES if entry.name.startswith("fused_batch_norm"))
    run, _ = recorded(entry)
    right = float64_kernels.fused_batch_norm
    wrong = lambda inputs, given: right(inputs, {**given, "epsilon": 0.02})  # noqa: E731
    monkeypatch.setitem(float64_kernels._KERNELS, "FusedBatchNormV3", wrong)
    assert not believed(run)


def failing_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a run of which no op can be replayed, because of `error`."""
    w = variable(4)
    made = recording_of(lambda x: scalar(x * w), [w], x=normal(6, 4))

    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(Machine, "_execute", fail)
    return made


def test_an_op_that_tensorflow_cannot_run_makes_float64_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    found = float64_gradients(
        failing_with(tf.errors.UnimplementedError(None, None, "no kernel"), monkeypatch)
    )
    assert found.gradients is None
    assert "cannot be run in float64: no kernel" in found.reason


def test_a_fault_of_ours_in_a_replay_is_not_taken_for_a_missing_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(AttributeError, match="ours"):
        float64_gradients(failing_with(AttributeError("ours"), monkeypatch))


def test_a_wrong_gradient_by_hand_is_caught_where_the_gradient_is_nearly_zero() -> None:
    """Noise excuses no more than noise, however little of the gradient is left."""
    w, v = variable(4, 1), variable(4, 1, seed=3)
    target = normal(6, 4) @ (w.numpy() + 1e-4)

    @tf.custom_gradient
    def doubled(y: Any) -> Any:
        return tf.identity(y), lambda upstream: 2 * upstream

    run = recording_of(
        lambda x: tf.reduce_mean((x @ w - target) ** 2) + 0 * tf.reduce_sum(v), [w, v], x=normal(6, 4)
    )
    assert believed(run)
    hand = recording_of(lambda x: tf.reduce_mean((doubled(x @ w) - target) ** 2), [w], x=normal(6, 4))
    assert not believed(hand)


def normalised_by_hand(seed: int) -> Run:
    """Return a run in which the gradient of one number is zero but for rounding, with silu on the way."""
    w, b = variable(4, 1, seed=seed), tf.Variable(0.3)

    def loss(x: Any) -> Any:
        y = x @ w + b
        centred = y - tf.reduce_mean(y)
        return tf.reduce_mean(
            (tf.nn.silu(centred * tf.math.rsqrt(tf.reduce_mean(centred**2))) - x[:, :1]) ** 2
        )

    return recording_of(loss, [w, b], x=normal(12, 4, seed=seed))


def test_a_gradient_that_is_all_rounding_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [normalised_by_hand(seed) for seed in range(12)]
    assert all(float64_gradients(run).gradients is not None for run in runs)
    monkeypatch.setattr(float64, "_DRAWS", 0)
    assert not all(float64_gradients(run).gradients is not None for run in runs), "one sample is not enough"


def test_a_tie_does_not_pass_for_rounding() -> None:
    """Jitter decides a tie by chance, so what it changes is no measure of rounding."""
    w = variable(4, 1)

    @tf.custom_gradient
    def reverse(y: Any) -> Any:
        return tf.identity(y), lambda upstream: -upstream

    def loss(x: Any) -> Any:
        y = x @ w
        return scalar(reverse(y)) + tf.reduce_mean(tf.abs(tf.exp(y - tf.stop_gradient(y)) - 1))

    run = recording_of(loss, [w], x=normal(6, 4))
    moved = stochastically_rounded(run.recording, run.start, 0).gradients
    assert difference(moved[0], replay(run.recording, run.start, float64=True).gradients[0]).relative > 0.1
    assert float64_gradients(run).gradients is None


def test_a_gradient_that_is_finite_is_none_that_is_infinite_in_the_replay() -> None:
    w = tf.Variable([0.0, 1.0])
    run = recording_of(lambda x: tf.reduce_sum(tf.sqrt(x * w)), [w], x=np.ones((3, 2), "float32"))
    (tape,) = run.gradients
    assert tape is not None and not np.isfinite(tape[0])
    assert float64_gradients(run).gradients is not None
    finite = np.where(np.isfinite(tape), tape, 0)
    assert float64_gradients(dataclasses.replace(run, gradients=[finite])).gradients is None


def test_how_far_the_tape_is_off_is_told_of_every_variable() -> None:
    w, unused = variable(4, 1), variable(2)
    run = recording_of(lambda x: scalar(x @ w), [unused, w], x=normal(6, 4))
    found = float64_gradients(run)
    assert found.gradients is not None and found.gradients[1] is not None
    assert list(found.off) == [0.0, difference(run.gradients[1], found.gradients[1]).absolute]
    assert found.off[1] > 0


# ---------------------------------------------------------------- nothing stays behind


def assert_nothing_stays_behind() -> None:
    assert execute.execute is execute.quick_execute
    assert not op_callbacks.should_invoke_op_callbacks()
    assert not tf.config.functions_run_eagerly()
    assert custom_gradient._eager_mode_decorator.__name__ == "_eager_mode_decorator"


def test_nothing_stays_behind_when_the_loss_raises() -> None:
    w = variable(4)

    def loss(x: Any) -> Any:
        tf.nn.silu(x * w)
        raise RuntimeError("in the middle")

    with pytest.raises(gradcheck.errors.UserCodeError):
        recording_of(loss, [w], x=normal(6, 4))
    assert_nothing_stays_behind()


def test_functions_that_ran_eagerly_before_still_do() -> None:
    w = variable(4)
    tf.config.run_functions_eagerly(True)
    try:
        recording_of(lambda x: scalar(x * w), [w], x=normal(6, 4))
        assert tf.config.functions_run_eagerly()
    finally:
        tf.config.run_functions_eagerly(False)


def test_a_comparison_inside_a_loss_is_harmless() -> None:
    w = variable(4)
    inner = case(lambda x: scalar(x * w), [w], x=normal(6, 4))

    def loss(x: Any) -> Any:
        assert gradcheck.diff(inner).equivalent
        return scalar(tf.nn.silu(x * w))

    report = gradcheck.diff(case(loss, [w], x=normal(6, 4)))
    assert report.equivalent
    assert_nothing_stays_behind()


def test_threads_do_not_see_each_other() -> None:
    w, results = variable(4), []

    def work(steps: int) -> None:
        def loss(x: Any) -> Any:
            return tf.add_n([scalar(tf.nn.silu(x * w)) for _ in range(steps)])

        for _ in range(3):
            found = recording_of(loss, [w], x=normal(6, 4))
            results.append((steps, len(found.recording.ops), len(found.recording.custom_gradients)))

    threads = [threading.Thread(target=work, args=(steps,)) for steps in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 9
    assert len({(steps, ops) for steps, ops, _ in results}) == 3
    assert all(noted == steps for steps, _, noted in results)
    assert_nothing_stays_behind()


# ---------------------------------------------------------------- the page


def test_the_page_is_the_table() -> None:
    page = ROOT / "docs" / "float64.md"
    assert page.read_text() == table_as_markdown(), "write it anew: python docs/make_float64_page.py"


def test_names_are_unique_and_what_is_unavailable_says_why() -> None:
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    assert all(entry.note for entry in ENTRIES if entry.float64 != "yes")
    assert keras.backend.backend() == "tensorflow"

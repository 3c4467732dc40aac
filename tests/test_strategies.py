"""The strategies keep what they promise, reach what they are for, and refuse what cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument, NoSuchExample
from hypothesis.extra import numpy as hnp

from gradcheck import strategies

FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
ALL = strategies.batches(
    states=strategies.floats_array((2, 3)),
    actions=strategies.integers_array(high=3),
    probs=strategies.probabilities(3),
    ended=strategies.booleans_array(dtype="float32"),
)


@FEW
@given(ALL)
def test_every_array_has_the_samples_in_front(batch):
    samples = len(batch["states"])
    assert 1 <= samples <= 20
    shapes = {name: (array.shape[1:], len(array), str(array.dtype)) for name, array in batch.items()}
    assert shapes == {
        "states": ((2, 3), samples, "float32"),
        "actions": ((), samples, "int64"),
        "probs": ((3,), samples, "float32"),
        "ended": ((), samples, "float32"),
    }


@FEW
@given(ALL)
def test_values_are_within_what_was_asked_for(batch):
    assert np.isfinite(batch["states"]).all()
    assert np.abs(batch["states"]).max() <= 1e6
    assert set(batch["actions"]) <= {0, 1, 2}
    assert set(batch["ended"]) <= {0.0, 1.0}
    assert (batch["probs"] >= 0).all()
    np.testing.assert_allclose(batch["probs"].sum(axis=-1), 1, rtol=1e-6)


@given(st.data(), st.sampled_from(["float16", "float32", "float64"]), st.floats(-1e5, 1e5), st.floats(0, 1e5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_floats_keep_to_their_bounds_in_every_dtype(data, dtype, low, spread):
    try:
        array = strategies.floats_array(2, low=low, high=low + spread, dtype=dtype)
    except InvalidArgument:
        with np.errstate(over="ignore"):
            between = np.linspace(low, low + spread, 5).astype(dtype).astype("float64")
        assert not ((between >= low) & (between <= low + spread) & np.isfinite(between)).any()
        return
    values = data.draw(array.of(3)).astype("float64")
    tiny = float(np.finfo(dtype).tiny)
    assert (values >= min(low, 0 if abs(low) < tiny else low)).all()
    assert (values <= max(low + spread, 0 if abs(low + spread) < tiny else low + spread)).all()


def smallest(strategy, wanted, examples=2000):
    return find(strategy, wanted, settings=settings(database=None, max_examples=examples))


STATES = strategies.batches(samples=st.integers(2, 4), x=strategies.floats_array(2))
AWKWARD = {
    "all zero": lambda x: not x.any(),
    "huge": lambda x: np.abs(x).max() == 1e6,
    "tiny": lambda x: (np.abs(x) == np.finfo("float32").tiny).any(),
    "negative": lambda x: (x < 0).any(),
    "two equal samples": lambda x: x.any() and (x[0] == x[1]).all(),
    "neither here nor there": lambda x: ((np.abs(x) > 2) & (np.abs(x) < 1e5)).any(),
}


@pytest.mark.parametrize("what", AWKWARD)
def test_what_is_awkward_is_reached(what):
    assert AWKWARD[what](smallest(STATES, lambda batch: AWKWARD[what](batch["x"]))["x"])


def test_a_probability_of_one_is_reached_and_kept_out():
    certain = lambda batch: (batch["p"] == 1).any()  # noqa: E731
    assert certain(smallest(strategies.batches(1, p=strategies.probabilities(2)), certain))
    with pytest.raises(NoSuchExample):
        smallest(strategies.batches(1, p=strategies.probabilities(2, zeros=False)), certain, 100)


def test_nan_is_drawn_on_request_alone():
    absent = lambda batch: np.isnan(batch["x"]).any()  # noqa: E731
    assert absent(smallest(strategies.batches(1, x=strategies.floats_array(nan=True)), absent))
    with pytest.raises(NoSuchExample):
        smallest(strategies.batches(1, x=strategies.floats_array()), absent, 100)


def test_samples_are_tied_in_every_array_or_not_at_all():
    arrays = {"x": strategies.floats_array(low=1, high=2), "y": strategies.integers_array(high=1000)}

    def tied(batch):
        return batch["x"][0] == batch["x"][1] != 1 and batch["y"][0] == batch["y"][1] > 500

    assert tied(smallest(strategies.batches(2, **arrays), tied))


def test_a_failing_batch_shrinks_to_the_fewest_samples():
    batch = smallest(
        strategies.batches(x=strategies.floats_array(2), a=strategies.integers_array(high=5)),
        lambda batch: len(batch["x"]) >= 3,
    )
    assert batch["x"].tolist() == [[0, 0]] * 3
    assert batch["a"].tolist() == [0] * 3


@FEW
@given(
    strategies.batches(
        3, x=strategies.floats_array(2), vocabulary=hnp.arrays("float32", (5, 2)), rate=st.floats()
    )
)
def test_what_any_other_strategy_draws_has_no_sample_axis(batch):
    assert (batch["x"].shape, batch["vocabulary"].shape) == ((3, 2), (5, 2))
    assert isinstance(batch["rate"], float)


@given(strategies.seeds())
def test_seeds_are_taken_by_numpy(seed):
    np.random.default_rng(seed)
    np.random.RandomState(seed)


REFUSED = {
    "needs an array": strategies.batches,
    "x=<class 'int'> of batches() is not a strategy": lambda: strategies.batches(x=int),
    "integers_array(low=2, high=2): expected low < high": lambda: strategies.integers_array(low=2, high=2),
    "uint8 cannot hold these": lambda: strategies.integers_array(high=257, dtype="uint8"),
    "(dtype='float32'): expected an integer dtype": lambda: strategies.integers_array(
        high=2, dtype="float32"
    ),
    "(dtype='floaty'): there is no such dtype": lambda: strategies.floats_array(dtype="floaty"),
    "(dtype='int32'): expected float16, float32 or float64": lambda: strategies.floats_array(dtype="int32"),
    "there is no float32 from low to high": lambda: strategies.floats_array(low=1, high=0),
    "there is no float16 from low to high": lambda: strategies.floats_array(
        low=1e5, high=2e5, dtype="float16"
    ),
    "probabilities(0): expected 1 or more outcomes": lambda: strategies.probabilities(0),
    "shape=(-1,): expected lengths of 0 or more": lambda: strategies.floats_array((-1,)).of(1),
    "shape='ab': expected the lengths": lambda: strategies.floats_array("ab").of(1),
    "gave 0; expected 1 or more": lambda: find(
        strategies.batches(0, x=strategies.floats_array()), lambda batch: True
    ),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_cannot_be_is_refused(said):
    with pytest.raises(InvalidArgument) as error:
        REFUSED[said]()
    assert said in str(error.value)

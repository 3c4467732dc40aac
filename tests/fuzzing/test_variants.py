"""Batches made from a case's own: what the own one shows is kept, and what is awkward is reached."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gradcheck
from gradcheck.fuzzing.reproduce import _source as source
from gradcheck.fuzzing.reproduce import case_with_batch, from_base64
from gradcheck.fuzzing.variants import Perturbation, Variant, arrays_of, possible_changes, variants
from gradcheck.targets.samples import sample_axis

RANDOM = np.random.default_rng(0)
OWN = {
    "states": RANDOM.normal(size=(7, 2)).astype("float32"),
    "actions": RANDOM.integers(3, 9, size=7),
    "ended": np.array([0, 1, 0, 0, 1, 0, 0], "float32"),
    "probs": RANDOM.dirichlet(np.ones(3), size=7).astype("float32"),
    "share": RANDOM.random(7),
    "size": 1 + 100 * RANDOM.random(7).astype("float16"),
    "names": np.array(list("abcdefg")),
    "rate": np.float32(0.5),
}
AXIS = sample_axis(OWN)
CHANGES = possible_changes(OWN)


def kinds(name):
    return {change.kind for change in CHANGES if change.place == name}


def test_each_array_allows_what_it_shows():
    found = {name: kinds(name) for name in OWN}
    kept = {"tie"}
    assert found == {
        "states": {"tie", "zero", "flip", "scale"},
        "actions": kept,
        "ended": kept,
        "probs": kept,
        "share": {"tie", "zero", "scale"},
        "size": {"tie", "zero", "scale"},
        "names": kept,
        "rate": set(),
    }
    assert max(change.power for change in CHANGES if change.place == "share") == 0


@settings(max_examples=150)
@given(variants([0, 1], 7, CHANGES))
def test_what_the_own_batch_shows_is_kept(variant):
    batch = variant.batch(OWN, AXIS)
    assert list(batch) == list(OWN)
    for name, own in OWN.items():
        assert (batch[name].dtype, batch[name].shape[1:]) == (own.dtype, own.shape[1:])
        assert own.ndim == 0 or len(batch[name]) == variant.samples <= 32
    assert set(batch["actions"]) <= set(OWN["actions"])
    assert set(batch["ended"]) <= {0, 1}
    assert set(batch["names"]) <= set(OWN["names"])
    assert batch["rate"] == OWN["rate"]
    assert {tuple(row) for row in batch["probs"]} <= {tuple(row) for row in OWN["probs"]}
    assert ((batch["share"] >= 0) & (batch["share"] <= 1)).all()
    assert (batch["size"] >= 0).all()
    assert all(np.isfinite(batch[name]).all() for name in ("states", "share", "size"))


def test_without_that_care_values_would_leave_their_range():
    assert (Perturbation("share", "scale", 3).applied(OWN["share"]) > 1).any()
    assert not np.isclose(Perturbation("probs", "zero").applied(OWN["probs"]).sum(axis=-1), 1).any()


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9))
def test_rows_are_taken_whole(rows):
    batch = Variant(0, tuple(rows)).batch(OWN, AXIS)
    for position, row in enumerate(rows):
        assert all(np.all(batch[name][position] == OWN[name][row]) for name in OWN if OWN[name].ndim)


def test_what_has_no_sample_axis_keeps_its_rows():
    own = {"x": np.ones((3, 2)), "y": np.ones(3), "vocabulary": np.arange(5)}
    batch = Variant(0, (2,)).batch(own, sample_axis(own))
    assert [len(batch[name]) for name in own] == [1, 1, 5]


CHANGED = {
    "every row of `x` set equal to the first": (Perturbation("x", "tie"), [[1, -2], [1, -2]]),
    "row 1 of `x` set to zero": (Perturbation("x", "zero", row=1), [[1, -2], [0, 0]]),
    "`x` negated": (Perturbation("x", "flip"), [[-1, 2], [-3, 4]]),
    "`x` times 1e+3": (Perturbation("x", "scale", 3), [[1000, -2000], [3000, -4000]]),
    "row 0 of `x` times 1e-1": (Perturbation("x", "scale", -1, 0), [[0.1, -0.2], [3, -4]]),
}


@pytest.mark.parametrize("words", CHANGED)
def test_a_change_does_what_it_says(words):
    change, wanted = CHANGED[words]
    own = np.array([[1, -2], [3, -4]], "float64")
    np.testing.assert_allclose(change.applied(own), wanted)
    assert str(change) == words
    assert own.tolist() == [[1, -2], [3, -4]]


def test_a_scale_that_overflows_is_left_out():
    own = np.array([60000, 1], "float16")
    assert Perturbation("x", "scale", 1).applied(own).tolist() == own.tolist()
    assert Perturbation("x", "scale", -1).applied(own).tolist() != own.tolist()


@pytest.mark.parametrize("leaf", [[[1.0], [1.0, 2.0]], [object(), object()]])
def test_what_has_no_rows_is_refused(leaf):
    with pytest.raises(gradcheck.CaseError, match="the batch cannot be resampled: `x` is a list"):
        arrays_of({"x": leaf})


# In a file.

DTYPES = st.sampled_from(
    ["float16", "float32", "float64", "int8", "int64", "uint16", "bool", "complex64", "U3"]
)


@settings(max_examples=80)
@given(DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=20))))
def test_an_array_is_written_to_its_last_bit(array):
    again = eval(source(array), {"np": np, "from_base64": from_base64})
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()


def test_a_file_that_no_longer_fits_its_case_is_refused(target):
    path = target(
        """
        import numpy as np, tensorflow as tf, gradcheck

        @gradcheck.case
        def case():
            w = tf.Variable(1.0)
            return gradcheck.Case(candidate=lambda x: w, batch={"x": np.ones(2)}, variables=[w])
        """
    )
    assert case_with_batch(f"{path}:case", batch={"x": np.zeros(3)}).batch["x"].tolist() == [0, 0, 0]
    with pytest.raises(gradcheck.CaseError, match=r"has the arrays \['x'\], and \['y'\] are given"):
        case_with_batch(f"{path}:case", batch={"y": np.zeros(3)})

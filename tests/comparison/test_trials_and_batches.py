"""Several batches, and one batch in a file."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from typer.testing import CliRunner

import gradcheck
from gradcheck.cli import app
from gradcheck.options import seed_of, seeds_from
from gradcheck.targets import batches

CASE = """
import numpy as np
import tensorflow as tf
import gradcheck

@gradcheck.case
def clipped(seed: int = 0, samples: int = 4, nested: bool = False):
    random = np.random.default_rng(seed)
    weights = tf.Variable([[1.0], [-1.0]], name="weights")
    x = random.normal(size=(samples, 2)).astype("float32")
    if seed == 2:
        x *= 100
    batch = {"x": x} if not nested else {"x": {"deep": [x]}}

    def pick(x):
        return x["deep"][0] if nested else x

    return gradcheck.Case(
        reference=lambda x: tf.reduce_mean(tf.square(pick(x) @ weights)),
        candidate=lambda x: tf.reduce_mean(tf.square(tf.clip_by_value(pick(x) @ weights, -20.0, 20.0))),
        batch=batch,
        variables=[weights],
    )
"""


@pytest.fixture
def target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("case.py").write_text(CASE)
    return "case.py"


def run(*arguments):
    return CliRunner().invoke(app, ["diff", *map(str, arguments)], catch_exceptions=False)


def test_one_batch_can_hide_a_difference(target):
    assert run(target).exit_code == 0


def test_trials_show_the_worst_batch_and_count(target):
    result = run(target, "--trials", 4)
    assert result.exit_code == 1
    assert "not equivalent on 1 of 4 batches; seed 2 is shown" in " ".join(result.stdout.split())


def test_trials_without_a_difference(target):
    result = run(target, "--trials", 2)
    assert result.exit_code == 0
    assert "on all 2 batches" in " ".join(result.stdout.split())


def test_trials_need_a_factory():
    weights = tf.Variable(1.0)
    case = gradcheck.Case(
        reference=lambda x: tf.reduce_sum(x * weights),
        candidate=lambda x: tf.reduce_sum(weights * x),
        batch={"x": np.ones(3, "float32")},
        variables=[weights],
    )
    with pytest.raises(gradcheck.CaseError, match="pass the factory"):
        gradcheck.diff(case, trials=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"trials": 0}, "trials is 0; expected 1 or more"),
        ({"trials": -1}, "trials is -1; expected 1 or more"),
        ({"trials": 1.5}, "trials is a float; expected an integer"),
        ({"seed": -1}, "seed is -1; expected an integer from 0 to 4294967295"),
        ({"seed": 2**32}, "seed is 4294967296; expected an integer from 0 to"),
        ({"seed": "3"}, "seed is a str; expected an integer"),
        ({"seed": 1.0}, "seed is a float; expected an integer"),
        ({"seed": None}, "seed is None; expected an integer"),
    ],
)
@pytest.mark.parametrize(
    "way_in", [gradcheck.diff, gradcheck.assert_equivalent, gradcheck.fuzz, gradcheck.shapes]
)
def test_a_seed_or_a_number_of_trials_that_is_none_is_refused(way_in, arguments, message):
    if "trials" in arguments and way_in in (gradcheck.fuzz, gradcheck.shapes):
        return
    with pytest.raises(gradcheck.CaseError, match=f"^{message}"):
        way_in(seeded, **arguments)


@gradcheck.case
def seeded(seed=7):
    np.random.default_rng(seed)
    assert type(seed) is int
    assert 0 <= seed < 2**32
    w = tf.Variable(1.0)
    return gradcheck.Case(
        reference=lambda x: tf.reduce_sum(w * x),
        candidate=lambda x: w * tf.reduce_sum(x),
        batch={"x": np.ones(3, "float32")},
        variables=[w],
    )


@pytest.mark.parametrize("seed", [0, np.int64(3), np.uint8(3), np.array(3), 2**32 - 1])
def test_whatever_is_an_integer_is_a_seed(seed):
    assert gradcheck.diff(seeded, seed=seed, trials=np.int32(2)).equivalent
    assert gradcheck.fuzz(seeded, seed=seed, examples=np.int8(2)).outcome == "none"
    assert not gradcheck.shapes(seeded, seed=seed).failed


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_consecutive_seeds_are_seeds_and_none_comes_twice(first, count):
    seeds = seeds_from(first, count)
    assert seeds[0] == first
    assert len(set(seeds)) == count
    assert [seed_of(seed) for seed in seeds] == seeds


def test_a_saved_batch_reproduces_a_difference_under_another_seed(target):
    assert run(target, "--seed", 2, "--save-batch", "batch.npz").exit_code == 1
    assert run(target, "--seed", 0, "--batch", "batch.npz").exit_code == 1
    assert run(target, "--seed", 0).exit_code == 0


def test_a_nested_batch_is_saved_too(target):
    run(target, "--seed", 2, "--set", "nested=yes", "--save-batch", "batch.npz")
    assert run(target, "--set", "nested=yes", "--batch", "batch.npz").exit_code == 1


BAD_FILES = {
    "missing": (None, "does not exist"),
    "empty": (b"", "is it damaged?"),
    "no npz": (b"hello, I am no archive", "is it damaged?"),
    "truncated": ("half", "is it damaged?"),
    "pickled": (
        {"gradcheck": np.array("{}"), "batch/x": np.array([{}], dtype=object)},
        "contains Python objects, which are not loaded",
    ),
    "somebody else's": ({"x": np.ones((4, 2), "float32")}, "was not written by gradcheck"),
    "array missing": ({"gradcheck": np.array("{}")}, "has no array `x`"),
    "array too many": (
        {"gradcheck": np.array("{}"), "batch/x": np.ones((4, 2), "float32"), "batch/y": np.ones(4)},
        "has an array `y`",
    ),
    "other dtype": ({"gradcheck": np.array("{}"), "batch/x": np.ones((4, 2))}, "is float64; the case needs"),
    "other shape": (
        {"gradcheck": np.array("{}"), "batch/x": np.ones((4, 3), "float32")},
        "has the shape (4, 3); the case needs ('n', 2)",
    ),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_batch_file_is_a_clear_error(target, kind):
    content, message = BAD_FILES[kind]
    path = pathlib.Path("batch.npz")
    if content == "half":
        run(target, "--save-batch", path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.savez(path, **content)
    result = run(target, "--batch", path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_of_another_number_of_samples_fits(target):
    run(target, "--set", "samples=7", "--save-batch", "batch.npz")
    assert run(target, "--batch", "batch.npz").exit_code == 0


@pytest.mark.parametrize("options", [["--trials", "2"], ["--batch", "missing.npz", "--trials", "2"]])
def test_a_batch_file_does_not_go_with_several_batches(target, options):
    result = run(target, "--save-batch", "batch.npz", *options)
    assert result.exit_code == 2
    assert "name the case" in result.stderr


def test_a_batch_file_that_cannot_be_written(target):
    result = run(target, "--save-batch", "no/such/folder/batch.npz")
    assert result.exit_code == 2
    assert "cannot write" in result.stderr


ARRAYS = hnp.arrays(
    dtype=st.sampled_from(["float32", "float64", "int64", "bool", "uint8"]),
    shape=st.tuples(st.just(3), st.integers(0, 2)),
)
NESTS = st.recursive(
    ARRAYS, lambda inner: st.lists(inner, min_size=1, max_size=3) | st.tuples(inner, inner), max_leaves=4
)


@given(st.dictionaries(st.sampled_from(["x", "file", "a/b", "ä"]), NESTS, min_size=1))
def test_what_is_saved_is_loaded(tmp_path_factory, batch):
    path = tmp_path_factory.mktemp("batch") / "batch.npz"
    batches.save(path, batch, seed=3)
    loaded = batches.load(path, like=batch)
    assert loaded.keys() == batch.keys()
    originals, copies = dict(batches.leaves(batch)), dict(batches.leaves(loaded))
    assert originals.keys() == copies.keys()
    for place, array in originals.items():
        np.testing.assert_array_equal(copies[place], array)
        assert copies[place].dtype == array.dtype

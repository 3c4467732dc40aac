"""Files of arrays that somebody else made, or damaged: one message each, and nothing allocated on their word."""

from __future__ import annotations

import collections
import io
import pathlib
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.errors import GradcheckError, TargetError
from gradcheck.system import memory
from gradcheck.targets import batches, npz
from gradcheck.targets.inputs import inputs_from


@pytest.fixture
def path(tmp_path):
    return tmp_path / "arrays.npz"


def saved(array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def with_header(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def of_shape(shape: str, dtype: str = "<f4") -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"


def write(path: pathlib.Path, **members: bytes | str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)


def encrypted() -> bytes:
    """Return an archive whose flags say that it is: what reads no further needs no more."""
    file = io.BytesIO()
    np.savez(file, x=np.ones(3))
    content = bytearray(file.getvalue())
    content[content.index(b"PK\x03\x04") + 6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def test_what_numpy_wrote_is_read(path):
    arrays = {
        "x": np.ones((3, 2), "float32"),
        "n": np.arange(4),
        "text": np.array(["a", "bc"]),
        "none": np.ones((0, 5)),
    }
    for save in (np.savez, np.savez_compressed):
        save(path, **arrays)
        read = npz.read(path)
        assert list(read) == list(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array)
            assert read[name].dtype == array.dtype


def test_an_archive_with_folders_in_it_is_read(path):
    write(path, **{"batch/": "", "batch/x__npy": saved(np.ones(2))})
    assert list(npz.read(path)) == ["batch/x"]


MEMBERS = {
    "text": ("hello", "is not an array: expected an npz file"),
    "cut off at once": (b"\x93NUM", "is not an array: expected an npz file"),
    "another version": (
        b"\x93NUMPY\x09\x00",
        r"is written in version \(9, 0\) of NumPy's format; expected 1\.0 or 2",
    ),
    "a bracket open": (with_header("{'descr': '<f4', 'shape': (3, "), "is it damaged?"),
    "no Python": (with_header("{'descr': ="), "is it damaged?"),
    "brackets without end": (with_header("(" * 110), "is it damaged?"),
    "no such dtype": (with_header(of_shape("(3,)", "<zz")), "is it damaged?"),
    "a shape of text": (with_header(of_shape("('a',)")), "is it damaged?"),
    "negative": (with_header(of_shape("(-3, 2)"), bytes(24)), r"its header declares shape \(-3, 2\)"),
    "too short": (with_header(of_shape("(3, 2)"), bytes(20)), "24 bytes, but the file has 20"),
    "terabytes": (
        with_header(of_shape("(1000000000000, 3)"), bytes(12)),
        "12000000000000 bytes, but the file has",
    ),
    "overflow": (with_header(of_shape("(9223372036854775807, 2)"), bytes(12)), "but the file has 12"),
    "objects": (saved(np.array([{}], dtype=object)), "contains Python objects, which are not loaded"),
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_a_member_that_is_no_array_that_could_be_read_is_named(path, kind):
    content, message = MEMBERS[kind]
    write(path, good__npy=saved(np.ones(3)), bad__npy=content)
    with pytest.raises(npz.ArrayFileError, match=message.replace("?", r"\?")) as raised:
        npz.read(path)
    assert str(path) in str(raised.value)
    write(path, good__npy=saved(np.ones(3)))
    assert list(npz.read(path)) == ["good"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist$"),
        (b"", r"is it damaged\?"),
        (b"hello", r"is it damaged\?"),
        (saved(np.ones(3)), r"contains a single array without a name \(npy\); expected an npz file"),
        (encrypted(), "is encrypted: expected an npz file without a password$"),
    ],
)
def test_a_file_that_is_no_archive_of_arrays_is_said(path, content, message):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(npz.ArrayFileError, match=message):
        npz.read(path)


def test_a_folder_and_a_name_that_is_too_long_are_said(tmp_path):
    with pytest.raises(npz.ArrayFileError, match=r"^cannot read .*: Is a directory$"):
        npz.read(tmp_path)
    with pytest.raises(npz.ArrayFileError, match=r"^cannot read a+\.npz: File name too long$"):
        npz.read(pathlib.Path("a" * 300 + ".npz"))


@given(st.integers(0, 400), st.integers(0, 255))
def test_whatever_byte_is_changed_the_arrays_come_or_one_error(tmp_path_factory, place, value):
    path = tmp_path_factory.mktemp("bytes") / "arrays.npz"
    np.savez_compressed(path, x=np.arange(6.0), y=np.arange(3))
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content)
    try:
        assert all(isinstance(array, np.ndarray) for array in npz.read(path).values())
    except npz.ArrayFileError as error:
        assert str(path) in str(error)


# Memory.


def test_what_does_not_fit_into_memory_is_refused_before_it_is_made(path, monkeypatch):
    np.savez_compressed(path, x=np.zeros(1000))
    monkeypatch.setattr(memory, "free_memory", lambda: 8000)
    assert npz.read(path)["x"].shape == (1000,)
    monkeypatch.setattr(memory, "free_memory", lambda: 7999)
    with pytest.raises(
        npz.ArrayFileError, match=r"is too large: 8 kB of memory are needed, but only 8 kB are free$"
    ):
        npz.read(path)


def test_how_much_memory_is_free_is_known_or_nobody_claims_to(monkeypatch):
    free = memory.free_memory()
    assert free is None or 2**20 < free < 2**60
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    assert memory.shortage(10**20) == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [(1, "1 bytes"), (2500, "2.5 kB"), (16e9, "16 GB"), (73e15, "73,000 TB"), (10**400, "over a mil")],
)
def test_sizes_are_shown_in_units(monkeypatch, size, text):
    monkeypatch.setattr(memory, "free_memory", lambda: 0)
    assert memory.shortage(size).startswith(text)


# Specs of inputs.


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("float32[1000000,1000000,1000000]", "is too large: over a million TB of memory are needed"),
        (f"int8[{'9' * 5000}]", r"^'int8\[9{55}…' is too large: Exceeds the limit"),
        (f"float32[{'1,' * 70}]", "cannot be an array: maximum supported dimension for an ndarray is"),
        ("float32[99999999999999999999,0]", "cannot be an array: "),
        ("float32[3 4]", "is not a spec: a comma is missing between two lengths"),
    ],
)
def test_an_input_that_nobody_can_make_is_said(spec, message):
    with pytest.raises(TargetError, match=message):
        inputs_from([f"x={spec}"], 0)


@pytest.mark.parametrize("spec", ["float32[ 3 , 4 ]", "int8[0,99]", f"float32[{'1,' * 30}]", "complex64[2]"])
def test_an_input_that_can_be_made_is_made(spec):
    assert inputs_from([f"x={spec}"], 0)["x"].dtype.name == spec.partition("[")[0]


# What `gradcheck diff --save-batch` wrote, as inputs.

Pair = collections.namedtuple("Pair", "left right")
ROWS = np.ones((3, 2), "float32")


def same(one, other) -> bool:
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return type(one) is type(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return np.array_equal(one, other)


@pytest.mark.parametrize("name", ["batch.npz", "batch", "a=b.npz"])
def test_a_saved_batch_comes_back_in_its_nest(tmp_path, name):
    batch = {
        "x": ROWS,
        "nest": {"a/b": [ROWS, (ROWS, 2 * ROWS)], 3: {"deep": np.arange(3)}},
        "rewards": np.arange(3.0),
    }
    batches.save(tmp_path / name, batch, seed=3)
    given = inputs_from([str(tmp_path / name)], 0)
    assert same(batch, given)
    assert not same({**batch, "x": 2 * ROWS}, given)


def test_a_named_tuple_comes_back_as_a_tuple(path):
    batches.save(path, {"pair": Pair(ROWS, 2 * ROWS)}, seed=0)
    assert same((ROWS, 2 * ROWS), inputs_from([str(path)], 0)["pair"])


@pytest.mark.parametrize(
    "about",
    [
        "",
        "[]",
        "{}",
        '{"nest": 3}',
        '{"nest": {"set": []}}',
        '{"nest": {"dict": [["x", "y"]]}}',
        '{"nest": {}}',
    ],
)
def test_a_batch_whose_nest_is_not_described_is_said(path, about):
    np.savez(path, gradcheck=np.array(about), **{"batch/x": ROWS})
    with pytest.raises(GradcheckError, match="does not say how its batch is nested: is it damaged"):
        inputs_from([str(path)], 0)


def test_a_batch_with_a_name_that_is_no_text_is_not_written(path):
    with pytest.raises(batches.BatchFileError, match="a name in the batch is not text"):
        batches.save(path, {"\ud800": ROWS}, seed=0)


def test_shapes_takes_what_diff_saved(cli, target, tmp_path):
    path, file = (
        tmp_path / "saved",
        target(
            """
        import gradcheck, numpy as np, tensorflow as tf
        w = tf.Variable([1.0, 2.0])

        def loss(x):
            return tf.reduce_mean(x["deep"][0] * w)

        @gradcheck.case
        def case():
            x = np.ones((3, 2), "float32")
            return gradcheck.Case(reference=loss, candidate=loss, batch={"x": {"deep": [x]}}, variables=[w])
        """
        ),
    )
    assert cli("diff", file, "--save-batch", path).code == 0
    outcome = cli("shapes", f"{file}:loss", "--input", path)
    assert (outcome.code, outcome.err) == (0, "")
    assert "(n, 2)" in outcome.out
    missing = cli("shapes", f"{file}:loss", "--input", tmp_path / "nothing")
    assert missing.code == 2
    assert "expected NAME=DTYPE[SHAPE]" in missing.err

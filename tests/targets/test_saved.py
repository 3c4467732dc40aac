"""What a file of gradients from elsewhere may hold."""

import numpy as np
import pytest

from gradcheck import CaseError, GradcheckError
from gradcheck.targets import batches
from gradcheck.targets.saved import saved

GRADIENT = np.ones((3, 1), "float32")


def written(tmp_path, **arrays):
    np.savez(tmp_path / "grads.npz", **arrays)
    return tmp_path / "grads.npz"


def test_gradients_weights_batch_and_loss(tmp_path):
    file = written(
        tmp_path,
        **{
            "gradients/w": GRADIENT,
            "weights/w": 2 * GRADIENT,
            "batch/data/0": np.zeros(4),
            "batch/data/1": np.ones(4),
            "batch/scale": np.float32(2),
            "loss": np.float32(0.5),
        },
    )
    found = saved(str(file))
    assert found.origin == str(file)
    assert (list(found.gradients), found.gradients["w"][0], found.weights["w"][0]) == (["w"], 1, 2)
    assert [array.tolist() for array in found.batch["data"]] == [[0.0] * 4, [1.0] * 4]
    assert (found.batch["scale"], found.loss) == (2, 0.5)


def test_names_alone_are_gradients(tmp_path):
    assert list(saved(written(tmp_path, a=GRADIENT, b=GRADIENT)).gradients) == ["a", "b"]
    assert list(saved({"a": GRADIENT.tolist()}).gradients) == ["a"]


def test_a_batch_that_gradcheck_saved_keeps_its_nest(tmp_path):
    batches.save(tmp_path / "batch.npz", {"data": [np.zeros(2), np.ones(2)]}, seed=0)
    with np.load(tmp_path / "batch.npz") as arrays:
        file = written(tmp_path, w=GRADIENT, **arrays)
    assert isinstance(saved(file).batch["data"], list)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"batch/x": GRADIENT}, "holds no gradients; expected arrays called gradients/NAME, or NAME"),
        ({"w": np.ones(3, int)}, "the gradient `w` in .* is of dtype int64; expected floats"),
        ({"w": GRADIENT, "loss": np.ones(3)}, r"`loss` in .* has the shape \(3,\); expected a number"),
    ],
)
def test_what_cannot_be_is_said(tmp_path, arrays, message):
    with pytest.raises(CaseError, match=message):
        saved(written(tmp_path, **arrays))


def test_a_file_that_is_not_there():
    with pytest.raises(GradcheckError, match=r"nowhere\.npz does not exist"):
        saved("nowhere.npz")
    with pytest.raises(CaseError, match="reference_gradients is an int; expected the path of an npz file"):
        saved(3)

"""Which variable of another program goes with which."""

import pytest

from gradcheck import CaseError
from gradcheck.targets.pairing import paired

OURS = {"net/dense/kernel": (3, 4), "net/dense/bias": (4,), "net/dense_1/kernel": (4, 1)}


def pairs(theirs, ours=OURS):
    return list(paired(ours, theirs, "the others").values())


def complaint(theirs, ours=OURS):
    with pytest.raises(CaseError) as raised:
        paired(ours, theirs, "the others")
    return str(raised.value)


def test_the_same_paths_go_together_in_whatever_order():
    assert pairs(dict(reversed(OURS.items()))) == list(OURS)


def test_the_name_of_the_model_does_not_count():
    theirs = {path.replace("net/", "copy/"): shape for path, shape in reversed(OURS.items())}
    assert pairs(theirs) == [path.replace("net/", "copy/") for path in OURS]


def test_other_paths_go_together_by_order_and_shape():
    theirs = {"0.weight": (3, 4), "0.bias": (4,), "2.weight": (4, 1)}
    assert pairs(theirs) == list(theirs)


def test_in_another_order_shapes_do_where_no_two_are_the_same():
    theirs = {"bias": (4,), "kernel": (3, 4), "last": (4, 1)}
    assert pairs(theirs) == ["kernel", "bias", "last"]
    twice = {"a": (2,), "b": (3,), "c": (2,)}
    complaint({"a_": (2,), "c_": (2,), "b_": (3,)}, twice)


def test_layers_that_are_numbered_as_they_are_made_do_not_go_by_the_paths_they_share():
    ours = {"dense/kernel": (2, 2), "dense_1/kernel": (2, 2)}
    theirs = {"dense_1/kernel": (2, 2), "dense_2/kernel": (2, 2)}
    assert pairs(theirs, ours) == ["dense_1/kernel", "dense_2/kernel"]


def test_what_is_left_over_is_listed_by_path():
    theirs = {**{path: shape for path, shape in OURS.items() if "bias" not in path}, "net/scale": (1,)}
    said = complaint(theirs)
    assert "the others do not pair with the variables of the case" in said
    assert "left over are `net/dense/bias` (4,) of the case, and `net/scale` (1,)" in said


def test_what_is_left_over_is_listed_from_the_first_unlike_shape_on():
    said = complaint({"a": (3, 4), "b": (4,), "c": (1, 4)})
    assert "left over are `net/dense_1/kernel` (4, 1) of the case, and `c` (1, 4)" in said
    assert "save them with .T" in said
    assert "and none" in complaint({"a": (3, 4), "b": (4,)})


def test_the_same_path_with_another_shape_is_no_pair():
    said = complaint({**OURS, "net/dense/kernel": (4, 3)})
    assert "`net/dense/kernel` (3, 4) with `net/dense/kernel` (4, 3)" in said
    assert ".T" in said

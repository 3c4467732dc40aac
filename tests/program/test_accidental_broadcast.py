"""Which operands are suspected, decided without TensorFlow."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given

from gradcheck.program.accidental_broadcast import (
    Known,
    Memory,
    Origin,
    likeness,
    meant,
    origin,
    puts_into_another_order,
    source,
)


@pytest.mark.parametrize(
    "one, other, how",
    [
        ((5, 1), (5,), "alike"),
        ((5,), (5, 1), "alike"),
        ((1, 5), (5, 1), "alike"),
        ((4, 4, 1), (4, 4), "alike"),
        ((None, 1), (None,), "alike"),
        ((None, 4, 1), (None, 4), "alike"),
        ((5, 1), (4,), "unlike"),
        ((None, 1), (4,), None),  # 4 may be the number of samples, or not
        ((5, 1), (5, 1), None),
        ((5, 1), (5, 3), None),
        ((5, 3), (3,), None),
        ((5, 1), (1,), None),
        ((1, 1), (1,), None),
        ((5,), (), None),
        ((0, 1), (0,), None),
        ((2, 4, 1), (2, 1, 4), None),  # within each sample
        ((None, 4, 1), (None, 1, 4), None),
        ((None, 1, 1), (4, 4), None),
    ],
)
def test_which_shapes_meet(one, other, how):
    assert likeness(one, other) == how
    assert likeness(other, one) == how


shapes = st.lists(st.sampled_from([1, 2, 3, None]), max_size=4).map(tuple)


@given(shapes)
def test_a_shape_does_not_meet_itself_a_scalar_or_a_bias(shape):
    for other in (shape, (), (1,), shape[1:], (1,) * len(shape)):
        assert likeness(shape, other) is None or other == shape[1:]
    if shape and shape[0] != 1 and 1 not in shape[1:]:
        assert likeness(shape, shape[1:]) is None


@given(st.integers(2, 50), st.integers(0, 2), st.booleans())
def test_a_column_and_a_row_meet_whatever_stands_behind_them(n, behind, explicit):
    row = (n, *[1] * behind)
    assert likeness((n, 1, *[1] * behind), (1, *row) if explicit else row) == "alike"


def remember(memory, op_type, inputs, made, asked=False):
    inputs, made = [Known(*each) for each in inputs], Known(*made)
    number = source(op_type, inputs, made)
    before = None if number is None else memory.get(inputs[number].number)
    found = origin(op_type, inputs, made, asked, before)
    if found is not None:
        memory.keep(made.number, found)
    return found and found.kind


@pytest.mark.parametrize(
    "op_type, given_shape, made, asked, kind",
    [
        ("ExpandDims", (5,), (5, 1), False, "axis"),
        ("StridedSlice", (5,), (5, 1), True, "axis"),
        ("StridedSlice", (5, 3), (5, 1), False, None),
        ("StridedSlice", (5, 1), (5,), False, "same"),
        ("Reshape", (5,), (5, 1), False, "axis"),
        ("Reshape", (5, 1), (5,), False, "same"),
        ("Transpose", (5, 1), (1, 5), False, "axis"),
        ("Squeeze", (5, 1), (5,), False, "same"),
        ("Range", (), (5,), False, "range"),
        ("ReadVariableOp", (), (5,), False, "parameter"),
        ("Square", (5,), (5,), False, "square"),
        ("Neg", (5,), (5,), False, None),
        ("MatMul", (5, 5), (5, 5), False, None),
        ("Einsum", (5, 1), (1, 5), True, "axis"),
        ("Einsum", (5, 5), (5, 5), True, "same"),
        ("Einsum", (5, 4, 1), (1, 5), True, "axis"),  # another axis is summed on the way
        ("Einsum", (5, 4, 1), (5, 1), False, None),
        ("Einsum", (5, 4, 3), (3, 5), True, None),
    ],
)
def test_what_is_remembered_of_an_op(op_type, given_shape, made, asked, kind):
    assert remember(Memory(), op_type, [(1, given_shape)], (2, made), asked) == kind


@pytest.mark.parametrize(
    "equation, does",
    [
        ("ij->ji", True),
        ("ABC->CBA", True),
        ("...ij->...ji", True),
        ("ni, io -> on", True),
        ("bqhd,bkhd->bhqk", True),
        ("ij->ij", False),
        ("ij->i", False),
        ("nhi,iho->nho", False),
        ("bij,bjk->bik", False),
        ("ii->i", False),
        ("i,j->ij", False),
        ("...ij,...jk->...ik", False),
    ],
)
def test_which_equations_put_axes_into_another_order(equation, does):
    assert puts_into_another_order(equation) == does


@given(st.permutations("abcd"), st.integers(0, 4))
def test_an_equation_of_one_operand_does_so_unless_its_axes_are_in_order(axes, kept):
    result = axes[:kept]
    assert puts_into_another_order(f"abcd->{''.join(result)}") == (result != sorted(result))


def test_what_two_operands_make_in_another_order_has_an_origin_of_its_own():
    memory = Memory()
    remember(memory, "ExpandDims", [(1, (5,))], (2, (5, 1)))
    assert remember(memory, "Einsum", [(2, (5, 1)), (3, (1, 1))], (4, (1, 5)), asked=True) == "axis"
    assert memory.get(4).root == 4
    assert remember(memory, "Einsum", [(2, (5, 1)), (3, (1, 1))], (5, (5, 1)), asked=False) is None


def test_a_scalar_factor_changes_nothing_and_another_array_does():
    memory = Memory()
    remember(memory, "ExpandDims", [(1, (5,))], (2, (5, 1)))
    assert remember(memory, "Mul", [(2, (5, 1)), (3, ())], (4, (5, 1))) == "axis"
    assert remember(memory, "Mul", [(3, ()), (4, (5, 1))], (5, (5, 1))) == "axis"
    assert remember(memory, "Mul", [(5, (5, 1)), (6, (5, 1))], (7, (5, 1))) is None


KINDS = ("axis", "constant", "norm", "parameter", "range", "same", "square", None)


@pytest.mark.parametrize("left, right", list(itertools.product(KINDS, KINDS)))
def test_what_is_meant(left, right):
    known = {number: Origin(kind, number) for number, kind in ((1, left), (2, right)) if kind}
    says = {"axis", "constant", "parameter", "range"} & {left, right} or left == right == "norm"
    assert meant(Known(1, (5, 1)), Known(2, (5,)), known.get) == bool(says)


def test_two_forms_of_one_tensor_are_meant_to_meet():
    known = {2: Origin("same", 1), 4: Origin("same", 3)}
    assert meant(Known(1, (5, 1)), Known(2, (5,)), known.get)
    assert not meant(Known(1, (5, 1)), Known(4, (5,)), known.get)


@given(st.integers(1, 20), st.integers(0, 200))
def test_the_memory_is_bounded_and_keeps_the_latest(limit, count):
    memory = Memory(limit)
    for number in range(count):
        memory.keep(number, Origin("axis", number))
    kept = [number for number in range(count) if number in memory]
    assert kept == list(range(count))[-len(kept) :] if kept else count == 0
    assert min(count, limit) <= len(kept) <= 2 * limit

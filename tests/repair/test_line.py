"""How near the line through two gradients comes to a third: as NumPy says it of whole vectors."""

import numpy as np
import pytest

from gradcheck.repair.line import line_through


def vectors(seed, sizes):
    random = np.random.default_rng(seed)
    return [random.normal(size=size) for size in sizes]


@pytest.mark.parametrize("sizes", [(5,), (3, 0, 70_000, 2)])
def test_one_pass_over_pieces_tells_what_whole_vectors_tell(sizes):
    former, now, wanted = (vectors(seed, sizes) for seed in range(3))
    line = line_through(former, now, 0.25, wanted)
    a, b, c = map(np.concatenate, (former, now, wanted))
    slope = (b - a) / 0.25
    move = slope @ (c - b) / (slope @ slope)
    whole = slope @ slope, move, *map(np.linalg.norm, (c - a, c - b, c - b - move * slope))
    np.testing.assert_allclose((line.square, line.move, line.before, line.away, line.left), whole, rtol=1e-9)


def test_what_lies_on_the_line_is_reached_but_for_rounding_and_its_twin_beside_it_is_not():
    former, now = vectors(0, (50,)), vectors(1, (50,))
    on_it = [now[0] + 3.0 * (now[0] - former[0])]
    line = line_through(former, now, 1.0, on_it)
    assert line.move == pytest.approx(3.0) and line.left < 1e-6 * line.away
    beside = [on_it[0] + vectors(2, (50,))[0]]
    assert line_through(former, now, 1.0, beside).left > 0.1 * line.away


def test_two_gradients_that_are_the_same_have_no_line_through_them():
    same = vectors(0, (4,))
    line = line_through(same, same, 1.0, vectors(1, (4,)))
    assert line.square == 0 and np.isnan(line.move)

"""When a place is proved: by what other batches say of it."""

from types import SimpleNamespace

import pytest

from gradcheck.comparison import locating
from gradcheck.comparison.locating import OtherPair
from gradcheck.program.work import Work

OWN = 8


def batch(samples, second, says):
    return OtherPair(SimpleNamespace(samples=samples), second, SimpleNamespace(says=says))


@pytest.fixture
def confirmed(monkeypatch):
    class Scripted:
        def __init__(self, pair, *_):
            self.says = pair.says

        def again(self, _):
            return self.says

    monkeypatch.setattr(locating, "Comparison", Scripted)

    def confirmed(*batches):
        found = locating._confirmed([], SimpleNamespace(samples=OWN), batches, Work())
        return None if found is None else (found[0], found[2])

    return confirmed


HOLDS, DRAWN, SEED = 1e-16, "samples drawn again", "another seed"


def test_a_place_that_holds_on_another_batch_is_confirmed_there(confirmed):
    other = batch(4, SEED, HOLDS)
    assert confirmed(other) == (other, HOLDS)


def test_a_place_that_fails_on_a_batch_of_the_same_size_is_not_saved_by_a_third(confirmed):
    assert confirmed(batch(OWN, SEED, "differs"), batch(OWN, SEED, HOLDS)) is None


def test_a_place_that_fails_on_another_size_may_hold_on_the_same(confirmed):
    same = batch(OWN, SEED, HOLDS)
    assert confirmed(batch(4, SEED, "differs"), same) == (same, HOLDS)
    assert confirmed(batch(4, SEED, "differs"), batch(OWN, DRAWN, HOLDS)) is None, (
        "of another kind it proves less"
    )


def test_a_batch_that_cannot_tell_counts_for_nothing(confirmed):
    other = batch(OWN, DRAWN, HOLDS)
    assert confirmed(batch(OWN, SEED, "cannot tell"), other) == (other, HOLDS)
    assert confirmed(batch(OWN, SEED, "cannot tell")) is None

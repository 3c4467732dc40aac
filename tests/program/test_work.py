"""The limits of a search, and of its parts."""

import pytest

from gradcheck.program.work import Work


def test_a_part_has_as_many_ops_of_its_own_but_no_more_than_the_whole():
    whole = Work(limit=5)
    part, small = whole.part(10), whole.part(3)
    small.spend(3)
    part.spend(4)
    assert (small.cut, part.cut, whole.cut) == ("work", None, None)
    part.spend(1)
    assert (part.cut, whole.cut) == ("work", None)


@pytest.mark.parametrize("seconds, cut", [(10.0, "time"), (None, None)])
def test_the_time_of_a_whole_ends_its_parts_and_the_whole_says_so(seconds, cut, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("gradcheck.program.work.time.monotonic", lambda: now[0])
    whole = Work(seconds=seconds)
    part = whole.part(100)
    assert part.cut is None
    now[0] = 10.0
    assert (part.cut, whole.stopped) == (cut, cut)

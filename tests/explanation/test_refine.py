"""A place is moved to the reduction that is made of it."""

from types import SimpleNamespace

import pytest

from gradcheck.explanation import refine


@pytest.mark.parametrize("rounds", [1, 2])
def test_what_a_loop_multiplies_again_and_again_leads_to_no_reduction(rounds, monkeypatch):
    circle = [SimpleNamespace(key=key, op=SimpleNamespace(type="Mul")) for key in range(rounds)]
    after = {None: circle[0]} | {one.key: circle[(one.key + 1) % rounds] for one in circle}
    monkeypatch.setattr(refine, "_only_made_of", lambda group, _: after[getattr(group, "key", None)])
    source = SimpleNamespace(total=False, factor=2.0)
    hit = SimpleNamespace(splice=SimpleNamespace(source=source), candidate=SimpleNamespace(moves=True))
    assert refine.at_the_reduction(hit, None, None) is None

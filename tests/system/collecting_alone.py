"""Garbage collections while much is made; `test_collecting.py` runs these tests in a process of their own."""

import gc
import sys
import weakref

import pytest

from gradcheck.system import collecting
from gradcheck.system.collecting import only_new_objects_collected


class Thing:
    pass


def circle():
    """Return a weak reference to something that only a garbage collection frees."""
    thing = Thing()
    thing.itself = thing
    return weakref.ref(thing)


@pytest.fixture
def nothing_aside():
    """Let each test be the first that asks whether somebody has set objects aside."""
    assert gc.get_freeze_count() == 0
    collecting._others_are_set_aside.cache_clear()
    yield
    collecting._others_are_set_aside.cache_clear()


def test_no_tensorflow_is_here():
    assert "tensorflow" not in sys.modules


def test_new_objects_are_collected_and_old_ones_only_afterwards(nothing_aside):
    gc.disable()  # no collection but those asked for
    try:
        old = circle()
        with only_new_objects_collected():
            new = circle()
            gc.collect()
            assert new() is None
            assert old() is not None
        gc.collect()
        assert old() is None
    finally:
        gc.enable()


def test_what_somebody_else_has_set_aside_stays_aside(nothing_aside):
    gc.freeze()
    try:
        aside = gc.get_freeze_count()
        with only_new_objects_collected():
            pass
        assert gc.get_freeze_count() >= aside > 0
    finally:
        gc.unfreeze()


def test_nothing_stays_aside_after_an_error(nothing_aside):

    def failing():
        with only_new_objects_collected():
            raise ValueError

    with pytest.raises(ValueError):
        failing()
    assert gc.get_freeze_count() == 0


def test_collections_come_less_often_inside_and_as_before_afterwards(nothing_aside):
    before = gc.get_threshold()
    with only_new_objects_collected():
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before


def test_what_the_users_code_set_inside_stays(nothing_aside):
    before = gc.get_threshold()
    try:
        with only_new_objects_collected():
            gc.set_threshold(123, 4, 5)
        assert gc.get_threshold() == (123, 4, 5)
    finally:
        gc.set_threshold(*before)


def test_within_itself_the_outermost_counts(nothing_aside):
    gc.disable()
    try:
        old = circle()
        with only_new_objects_collected():
            with only_new_objects_collected():
                pass
            gc.collect()
            assert old() is not None
        assert gc.get_freeze_count() == 0
    finally:
        gc.enable()


def test_what_is_kept_out_of_collections_is_among_all_objects(nothing_aside):
    old = Thing()
    with only_new_objects_collected():
        new = Thing()
        found = collecting.all_objects()
        assert not any(one is old for one in gc.get_objects())
        gc.collect()
    assert any(one is old for one in found) and any(one is new for one in found)

"""Another text in place of an expression: what runs it runs the text, and afterwards what it was."""

from __future__ import annotations

import sys

import pytest

from gradcheck.execution.run.functions_alive import Functions
from gradcheck.execution.run.outside import Outside
from gradcheck.execution.run.replaced_text import CannotReplaceError, replaced_text
from gradcheck.source import site_at


def here():
    frame = sys._getframe(1)
    return site_at(frame.f_code, frame.f_lasti)


def made():
    one, other, places = 1, 2, {}

    def reference():
        places["reference"] = here()
        return other

    def candidate():
        places["candidate"] = here()
        return one + len([places])

    return reference, candidate, places


def replaced(text):
    reference, candidate, places = made()
    assert (reference(), candidate()) == (2, 2)
    outside = Outside([reference.__code__], [], Functions([reference]))
    return reference, candidate, replaced_text({places["candidate"]: text}, outside, Functions())


def test_a_name_of_the_function_around_the_other_means_what_it_means_there():
    reference, candidate, patched = replaced("[other, one]")
    with patched:
        candidate()
        assert candidate.__globals__["__gradcheck_other__"] == reference() == 2
    assert candidate() == 2
    assert "__gradcheck_other__" not in candidate.__globals__


def test_what_is_no_python_is_refused_and_leaves_everything_as_it_was():
    _, candidate, patched = replaced("one +")
    with pytest.raises(CannotReplaceError), patched:
        pass
    assert candidate() == 2

"""What names stand for where a frame is."""

from __future__ import annotations

import sys
from typing import Any

from gradcheck.execution.cut.cutter import scope_of_frame
from gradcheck.execution.cut.scopes import MISSING, Scope


def scope_within(source: str, *names: dict[str, Any]) -> Scope:
    """Return the scope of the frame in which a source calls `look`."""
    seen: list[Scope] = []
    first, *rest = names
    exec(source, {"look": lambda: seen.append(scope_of_frame(sys._getframe(1))), **first}, *rest)
    (found,) = seen
    return found


def test_the_names_of_a_module_are_its_own_alone():
    scope = scope_within("y = 2\nlook()", {"x": 1})
    assert scope.local == {}
    assert (scope.value("x"), scope.value("y"), scope.value("z")) == (1, 2, MISSING)


def test_the_names_of_a_function_come_before_those_of_its_module():
    scope = scope_within("def f():\n    x = 2\n    look()\nf()", {"x": 1})
    assert scope.local == {"x": 2}


def test_what_exec_is_given_beside_the_module_counts_too():
    scope = scope_within("look()", {"x": 1}, {"x": 2, "y": 3})
    assert (scope.value("x"), scope.value("y")) == (2, 3)

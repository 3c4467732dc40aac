"""Which tests take how much processor time: ``PYTHONPATH=tests pytest -n 0 -p support.processor_time``.

Seconds of a clock say little on a machine that does other things, too. Counted are the process of the tests,
but not its imports, and the processes that it waited for; not those that `support.preloaded` forks.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

MOST = 30
"""How many tests are listed; files are, down to a second."""

_taken: Counter[str] = Counter()


def _now() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    began = _now()
    yield
    _taken[item.nodeid] += _now() - began


def pytest_terminal_summary(terminalreporter: Any) -> None:
    files: Counter[str] = Counter()
    for test, seconds in _taken.items():
        files[test.partition("::")[0]] += seconds
    terminalreporter.section(f"processor time: {sum(files.values()):.0f} s in {len(_taken)} tests")
    listed = [*((one, s) for one, s in files.most_common() if s >= 1), *_taken.most_common(MOST)]
    for name, seconds in listed:
        terminalreporter.write_line(f"{seconds:7.2f}  {name}")

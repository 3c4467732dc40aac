"""Which comprehensions a frame is in, and in which execution of each.

Where a comprehension has a frame of its own, that frame is the execution. Since Python 3.12 it has none, and
that its loop has ended is learnt from `sys.monitoring`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from types import CodeType, FrameType

from gradcheck.source import Inlined, inlined

_Running = list[tuple[Inlined, int]]


class Comprehensions:
    """The comprehensions that run in frames of other functions.

    Parameters
    ----------
    numbers
        Where the numbers of their executions come from.
    """

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._running: dict[FrameType, _Running] = {}
        # With the code itself, so that no other takes its place in memory; comparing codes would be slow.
        self._found: dict[int, tuple[CodeType, tuple[Inlined, ...]]] = {}
        self._tool: int | None = None

    def around(self, frame: FrameType) -> _Running:
        """Return those that `frame` is in, the outermost first, each with the number of its execution."""
        code, instruction = frame.f_code, frame.f_lasti
        if id(code) not in self._found:
            self._learn(code)
        found = self._found[id(code)][1]
        if not found:
            return []
        around = [each for each in found if each.holds(instruction)]
        before = self._running.get(frame, [])
        running: _Running = []
        for each, (then, number) in zip(around, before, strict=False):
            if each != then:
                break
            running.append((each, number))
        running += [(each, next(self._numbers)) for each in around[len(running) :]]
        self._running[frame] = running
        return running

    def forget(self, frame: FrameType) -> None:
        """Let go of a frame that has ended."""
        self._running.pop(frame, None)

    def forget_all(self) -> None:
        """Let go of all frames."""
        self._running.clear()

    def _learn(self, code: CodeType) -> None:
        found = inlined(code)
        self._found[id(code)] = code, found
        if sys.version_info >= (3, 12) and found and self._tool is not None:
            sys.monitoring.set_local_events(self._tool, code, sys.monitoring.events.BRANCH)

    def _branched(self, code: CodeType, instruction: int, destination: int) -> None:
        running = self._running.get(sys._getframe(1), [])
        for index, (each, _) in enumerate(running):
            if each.loop == instruction and destination >= each.end:
                del running[index:]
                return

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Learn from Python when a loop ends.

        Where none of its six tools is free, a comprehension that is run again before any op outside it
        counts as one that goes on.
        """
        if sys.version_info < (3, 12):
            yield
            return
        self._tool = next((tool for tool in range(5, -1, -1) if not sys.monitoring.get_tool(tool)), None)
        if self._tool is None:
            yield
            return
        branch = sys.monitoring.events.BRANCH
        sys.monitoring.use_tool_id(self._tool, "gradcheck")
        sys.monitoring.register_callback(self._tool, branch, self._branched)
        try:
            yield
        finally:
            for code, found in self._found.values():
                if found:
                    sys.monitoring.set_local_events(self._tool, code, sys.monitoring.events.NO_EVENTS)
            sys.monitoring.register_callback(self._tool, branch, None)
            sys.monitoring.free_tool_id(self._tool)

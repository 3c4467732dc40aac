"""The process in which modes run: it gets a job, imports the user's file, and tells of each mode as it ends.

It is started by `gradcheck.running.processes`, and ends with the process that started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from gradcheck.errors import why

Tell = Callable[[Mapping[str, Any]], None]


def main() -> None:
    """Do one job: its description is the first line of stdin, what comes of it goes to stdout line by line."""
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the user's code prints is no report
    lock = threading.Lock()

    def tell(event: Mapping[str, Any]) -> None:
        with lock:
            told.write(json.dumps(event) + "\n")
            told.flush()

    try:
        _work(job, tell)
    except BaseException as error:  # whatever the user's file raises when it is imported
        tell({"failed": why(error)})
    tell({"done": True})
    told.flush()
    os._exit(0)  # strategies leave threads that would not end


def _end_with_the_parent() -> None:
    sys.stdin.read()
    os._exit(1)


def _work(job: Mapping[str, Any], tell: Tell) -> None:
    from gradcheck import execution

    execution.start()
    from gradcheck.execution.modes import strategies

    tell({"environment": execution.versions()})
    strategy = None
    if job["place"] == "replicas":
        strategies.ask_for_devices()
    elif job["place"] == "workers":
        strategy = strategies.multi_worker()
    _cases(job, strategy, tell)


def _cases(job: Mapping[str, Any], strategy: Any, tell: Tell) -> None:
    from gradcheck.execution.scripts.fresh import as_the_first
    from gradcheck.running.making import Maker
    from gradcheck.targets.loading import load

    with as_the_first(job["seed"]):
        names = [factory.name for factory in load(job["target"])]
    for name in names:
        if name in job["failed"]:
            continue
        maker = Maker(job["target"], name, job["seed"], job["settings"], job["side"])
        try:
            _case(maker, job, strategy, tell)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever the user's code raises: the other cases are still run
            tell({"case": name, "failed": why(error)})


def _case(maker: Any, job: Mapping[str, Any], strategy: Any, tell: Tell) -> None:
    from gradcheck.running.bench import Bench
    from gradcheck.running.making import bases_of
    from gradcheck.running.registry import chosen
    from gradcheck.running.run import about, rows_of

    tell({"case": maker.name, "begins": ""})
    for made, base in bases_of(maker):
        bench = Bench(base, make=made, strategy=strategy)
        name = base.subject.case.name or maker.name
        tell({"case": name, "about": about(bench), "within": maker.name})
        done = job["done"].get(name, [])
        modes = [mode for mode in chosen(job["modes"]) if mode.name not in done]
        for row in rows_of(bench, modes, partial(_begin, tell, name)):
            tell({"case": name, "row": asdict(row)})


def _begin(tell: Tell, case: str, mode: str) -> None:
    tell({"case": case, "begins": mode})

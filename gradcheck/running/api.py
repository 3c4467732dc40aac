"""Entry points for running one formulation in several ways."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradcheck.cases import Case, is_case_factory
from gradcheck.errors import CaseError, described
from gradcheck.options import seed_of
from gradcheck.running.processes import Job, OnBegin, Outcome, done
from gradcheck.running.registry import LIMIT
from gradcheck.running.result import ModesReport, Row, could_not_run


def _nothing(case: str, mode: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ModesOptions:
    """How to run the modes of a case.

    Parameters
    ----------
    only
        Names of modes; all, where it is empty.
    seed
        Seeds all random generators; passed to a factory that has a parameter `seed`.
    settings
        Values for other parameters of the factory.
    side
        The formulation: ``candidate`` or ``reference``.
    workers
        How many processes ``multi_worker`` and ``fit_workers`` have; with fewer than 2 they are not run.
    limit
        How many seconds a mode may take before its process is considered to hang.
    begins
        For a progress display.
    """

    only: Sequence[str] = ()
    seed: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    side: str = "candidate"
    workers: int = 1
    limit: float = LIMIT
    begins: OnBegin = _nothing

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", seed_of(self.seed))
        if self.side not in ("candidate", "reference"):
            raise CaseError(f"side is {self.side!r}; expected 'candidate' or 'reference'")


def modes(
    case: Case | Callable[..., Case],
    *,
    only: Sequence[str] = (),
    seed: int = 0,
    side: str = "candidate",
    workers: int = 1,
    limit: float = LIMIT,
) -> ModesReport:
    """Run one formulation of a case in several ways, and compare each gradient with the one in float64.

    Parameters
    ----------
    case
        A `Case`, or a factory marked with `gradcheck.case`. A factory that is defined in a file is run in separate
        processes, which import that file. A `Case` is run in this process, and only in the modes that change no
        global state; the others are ``not_run``, with a note that says how to run them.
    only
        Names of modes, such as ``["xla", "float16"]``; all, where it is empty.
    seed
        As of `gradcheck.diff`.
    side
        ``candidate`` or ``reference``: the formulation that is run.
    workers
        How many processes ``multi_worker`` and ``fit_workers`` have; with fewer than 2 they are not run.
    limit
        How many seconds a mode may take before its process is considered to hang.

    Returns
    -------
    ModesReport
        Prints itself; `different` contains the rows in which the gradient is wrong.

    Raises
    ------
    TargetError
        There is no mode of that name.
    CaseError, UserCodeError
        As of `gradcheck.diff`.

    Notes
    -----
    The verdicts hold for this batch and these weights: a mode that gives the same gradient here may not elsewhere.
    They do not say whether the loss is the intended one.
    """
    from gradcheck.running.registry import chosen

    options = ModesOptions(only=only, seed=seed, side=side, workers=workers, limit=limit)
    chosen(only)
    if isinstance(case, Case):
        return _in_memory(case, options, "give `gradcheck.modes` the factory, in a file, that makes the case")
    if not is_case_factory(case):
        raise CaseError(
            f"{described(case)} is neither a gradcheck.Case nor a function marked with @gradcheck.case"
        )
    target = _target_of(case)
    if target is None:
        return _made_here(case, options)
    reports = modes_of_target(target, options)
    if len(reports) > 1:
        raise CaseError("the formulation returns several losses: name one of them in Case(loss=...)")
    if not reports[0].rows:
        raise CaseError(reports[0].reason)
    return reports[0]


def modes_of_target(target: str, options: ModesOptions) -> list[ModesReport]:
    """Run the modes of every case that a target names, in processes in which its file is imported."""
    from gradcheck.running.registry import chosen

    wanted = chosen(options.only)
    outcomes: list[Outcome] = []
    for places in (("here", "anew"), ("replicas",), ("workers",)):
        names = [mode.name for mode in wanted if mode.place in places]
        if places == ("workers",) and names and options.workers < 2:
            outcomes.append(_without_workers(outcomes, names))
        elif names and not any(outcome.reason for outcome in outcomes):
            outcomes.append(done(_job(target, places[-1], names, options), options.begins))
    return _reports(target, outcomes, [mode.name for mode in wanted])


def _job(target: str, place: str, names: Sequence[str], options: ModesOptions) -> Job:
    return Job(
        target=target,
        place=place,
        modes=names,
        seed=options.seed,
        settings=options.settings,
        side=options.side,
        limit=options.limit,
        workers=options.workers,
    )


def _without_workers(outcomes: Sequence[Outcome], names: Sequence[str]) -> Outcome:
    rows = [Row(mode=name, verdict="not_run", note="ask for it with --workers 2") for name in names]
    cases = dict.fromkeys(case for outcome in outcomes for case in outcome.rows)
    return Outcome(rows={case: list(rows) for case in cases})


def _reports(target: str, outcomes: Sequence[Outcome], order: Sequence[str]) -> list[ModesReport]:
    reason = next((outcome.reason for outcome in outcomes if outcome.reason), "")
    failed = {case: said for outcome in outcomes for case, said in outcome.failed.items()}
    about = {case: said for outcome in outcomes for case, said in outcome.about.items()}
    cases = dict.fromkeys([case for outcome in outcomes for case in outcome.rows])
    versions = next((outcome.environment for outcome in outcomes if outcome.environment), {})
    reports = []
    for case in cases:
        rows = [row for outcome in outcomes for row in outcome.rows.get(case, ())]
        ordered = tuple(sorted(rows, key=lambda row: order.index(row.mode)))
        reports.append(ModesReport(name=case, rows=ordered, about=about.get(case, ""), environment=versions))
    reports += [could_not_run(case, said) for case, said in failed.items() if case not in cases]
    if not reports or reason:
        reports.append(could_not_run(target, reason or "no mode was run"))
    return reports


def _target_of(factory: Any) -> str | None:
    """Return the target by which another process finds a factory; None where none does."""
    module = sys.modules.get(getattr(factory, "__module__", ""))
    name = getattr(factory, "__qualname__", "")
    try:
        file = inspect.getsourcefile(inspect.unwrap(factory))
    except TypeError:
        return None
    if (
        module is None
        or file is None
        or not file.endswith(".py")
        or getattr(module, name, None) is not factory
    ):
        return None
    return f"{file}:{name}"


def _made_here(factory: Callable[..., Case], options: ModesOptions) -> ModesReport:
    from gradcheck import execution
    from gradcheck.targets.loading import Factory

    execution.start()
    from gradcheck.execution.run.freeze import seeded

    with seeded(options.seed):
        case = Factory(getattr(factory, "__name__", "case"), factory).make(seed=options.seed)
    return _in_memory(case, options, "write its factory at the top level of a file")


def _in_memory(case: Case, options: ModesOptions, how: str) -> ModesReport:
    from gradcheck import execution

    execution.start()
    from gradcheck.execution.modes.base import base_of
    from gradcheck.running.bench import Bench
    from gradcheck.running.making import one_side
    from gradcheck.running.registry import chosen
    from gradcheck.running.run import about, rows_of

    side = one_side(case, "reference" if options.side == "reference" else "candidate")
    bench = Bench(base_of(side, options.seed), how=how)
    name = case.title
    rows = tuple(rows_of(bench, chosen(options.only), lambda mode: options.begins(name, mode)))
    return ModesReport(name=name, rows=rows, about=about(bench))

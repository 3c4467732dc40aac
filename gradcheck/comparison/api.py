"""Entry points for a comparison: a case or its factory, on one or several batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradcheck import execution
from gradcheck.cases import Case, is_case_factory
from gradcheck.comparison.named_losses import together
from gradcheck.comparison.report import Report, Trials, could_not_check, worst
from gradcheck.comparison.wording import on_batches
from gradcheck.errors import CaseError, described, why
from gradcheck.options import OnProgress, Options, seeds_from
from gradcheck.program.work import WORK
from gradcheck.targets import batches
from gradcheck.targets.loading import Factory


def diff(
    case: Case | Callable[..., Case],
    *,
    seed: int = 0,
    trials: int = 1,
    budget: float | None = None,
    work: int = WORK,
    exact: bool = False,
    watch: OnProgress | None = None,
) -> Report:
    """Compare the gradients of the two formulations of a case.

    Each formulation runs once, from the same variable values and the same random state. It runs again if the
    sides differ, and if it calls a `tf.function`, which runs eagerly the first time. Assigned variables and
    random generators are restored afterwards.

    Parameters
    ----------
    case
        A `Case`, or a factory marked with `gradcheck.case`.
    seed
        Passed to a factory that has a parameter `seed`; also seeds the random generators.
    trials
        Number of batches to compare; the worst is reported, because one batch can hide a difference.
        More than one needs a factory, which makes a batch for each of the seeds `seed`, `seed` + 1, ...
    budget
        Time limit in seconds for trying edits of the candidate if it differs, in addition to `work`; 0 tries
        none. With a time limit, the report may depend on the load of the machine.
    work
        Maximum number of ops to replay when trying edits; an op on large tensors counts as several.
    exact
        Whether to measure the difference in float64 even where the verdict does not need it: if the gradients as
        they ran agree, and those of one side agree with its float64 gradients, the other side is not computed in
        float64, unless that takes next to no time. The figure is then None.
    watch
        For a progress display: called with the name of each stage that begins, and an object whose length is
        the number of its steps so far.

    Returns
    -------
    Report
        Prints itself; its `verdict` is ``inconclusive`` if the case could not be judged. Of several named losses
        it is the report on the worst one, and its `parts` are the reports on each.

    Raises
    ------
    CaseError
        The case cannot be compared: its variables, its batch, or what a formulation returned. Or `seed` is
        not an integer from 0 to 2³² − 1, or `trials` is not an integer of at least 1.
    UserCodeError
        A formulation or the factory raised.
    TargetError
        A parameter of the factory has no default.

    Notes
    -----
    The verdict holds for these batches and weights. That two gradients agree here does not prove that they
    agree elsewhere, or that either loss is the intended one.
    """
    options = Options(
        seed=seed, trials=trials, budget=budget, work=work, pictures=True, exact=exact, watch=watch
    )
    return diff_with(case, options)


def diff_with(case: Case | Callable[..., Case], options: Options) -> Report:
    """Compare a case, or that of a factory, as `diff` does."""
    execution.start()
    if isinstance(case, Case):
        if options.trials > 1:
            raise CaseError("a Case has only one batch: for several trials, pass the factory that creates it")
        from gradcheck.comparison.compare import compare

        return compare(case, options)
    if not is_case_factory(case):
        raise CaseError(
            f"{described(case)} is neither a gradcheck.Case nor a function marked with @gradcheck.case"
        )
    return diff_factory(Factory(getattr(case, "__name__", "case"), case), options)


def diff_factory(factory: Factory, options: Options) -> Report:
    """Make the case of `factory` and compare it on the number of batches in `options`."""
    seeds = seeds_from(options.seed, options.trials)
    reports = [_diff_seeded(factory, replace(options, seed=seed)) for seed in seeds]
    return reports[0] if len(reports) == 1 else _over_trials(reports, seeds)


def _over_trials(reports: Sequence[Report], seeds: Sequence[int]) -> Report:
    """Return the worst of the reports on several batches; of several losses, that of each."""
    names = dict.fromkeys(name for report in reports for name in report.parts)
    if names:
        parts = {
            name: _over_trials([r.parts[name] for r in reports if name in r.parts], seeds) for name in names
        }
        return together(reports[0].name, parts)
    shown = worst(reports)
    failing = tuple(seed for seed, report in zip(seeds, reports, strict=True) if not report.equivalent)
    trials = Trials(len(reports), failing, seeds[reports.index(shown)])
    return replace(shown, trials=trials, reason=f"{shown.reason}; {on_batches(trials, shown.verdict)}")


def report_on(factory: Factory, options: Options) -> Report:
    """Report on the case of `factory`, whatever it raises, so that the other cases are still reported."""
    try:
        return diff_factory(factory, options)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # not even a SystemExit from user code may stop the other cases
        return could_not_check(factory.name, why(error))


def _diff_seeded(factory: Factory, options: Options) -> Report:
    """Compare on one batch, with every global random generator started from the seed."""
    from gradcheck.comparison.compare import compare
    from gradcheck.comparison.second_batch import Another
    from gradcheck.execution.run.freeze import seeded

    def another(seed: int) -> Case:
        with seeded(seed):
            return factory.make(seed=seed, settings=options.settings)

    with seeded(options.seed):
        case = factory.make(seed=options.seed, settings=options.settings)
        if options.batch is not None:
            case = replace(case, batch=batches.load(options.batch, like=case.batch))
        if options.save_batch is not None:
            batches.save(options.save_batch, case.batch, seed=options.seed)
        return compare(case, options, Another(another))

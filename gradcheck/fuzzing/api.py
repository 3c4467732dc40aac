"""Entry points for a search for a batch on which two formulations differ: a case or its factory."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from gradcheck import execution
from gradcheck.cases import Case, is_case_factory
from gradcheck.errors import CaseError, described, why
from gradcheck.fuzzing.hypothesis_internals import nothing_left_behind
from gradcheck.fuzzing.result import FuzzResult, could_not_fuzz
from gradcheck.fuzzing.search import SEEDS, BatchSearch, Maker
from gradcheck.fuzzing.wording import summary
from gradcheck.options import FuzzOptions, OnProgress, seeds_from
from gradcheck.system import interrupts
from gradcheck.targets.loading import Factory


def fuzz(
    case: Case | Callable[..., Case],
    *,
    examples: int = 100,
    seed: int = 0,
    budget: float | None = None,
    watch: OnProgress | None = None,
) -> FuzzResult:
    """Search for a batch on which the two formulations of a case differ, and for the smallest one.

    Batches are derived from the case's own: some of its rows, which may repeat, with at most two changes to
    values (scaled by a power of ten, set to zero, negated, all rows equal). Integers, flags and probabilities
    only take values that already occur.

    Parameters
    ----------
    case
        A `Case`, or a factory marked with `gradcheck.case`.
    examples
        Number of batches to generate; shrinking a counterexample takes at most 500 more.
    seed
        Seed of the search, and as in `diff`. The same seed gives the same batches with the same version of
        hypothesis.
    budget
        Additional time limit in seconds. The first comparison, and one in progress, are not interrupted. With
        a time limit, the result may depend on the load of the machine.
    watch
        For a progress display: called with the name of each stage that begins, and an object whose length is
        the number of its steps so far.

    Returns
    -------
    FuzzResult
        Prints itself; `found` says whether there is a counterexample.

    Raises
    ------
    CaseError
        The case cannot be compared, or its batch cannot be resampled.
    UserCodeError
        The factory raised. If a formulation raises on some batch, that is part of the result.
    TargetError
        A parameter of the factory has no default.

    Notes
    -----
    If no counterexample is found, that establishes nothing about other batches and other weights. The smallest
    one found need not be the smallest there is. After Ctrl-C, the best result so far is returned, if any.
    """
    options = FuzzOptions(examples=examples, seed=seed, budget=budget, watch=watch)
    execution.start()
    if isinstance(case, Case):
        return _fuzz(Maker(lambda _: case, [options.seed]), case.title, options)
    if not is_case_factory(case):
        raise CaseError(
            f"{described(case)} is neither a gradcheck.Case nor a function marked with @gradcheck.case"
        )
    return fuzz_factory(Factory(getattr(case, "__name__", "case"), case), options)


def fuzz_factory(factory: Factory, options: FuzzOptions) -> FuzzResult:
    """Search for a counterexample to the case of `factory`; see `fuzz`."""
    seeds = seeds_from(options.seed, SEEDS)
    maker = Maker(lambda seed: factory.make(seed=seed, settings=options.settings), seeds)
    return _fuzz(maker, factory.name, options)


def fuzz_all(
    factories: Sequence[Factory], options: FuzzOptions, say: Callable[[str], None]
) -> dict[str, FuzzResult]:
    """Search for a counterexample to each case, by name; after Ctrl-C return what was found, if anything.

    A case that cannot be checked does not stop the others. `say` is called with the name of each.
    """
    results: dict[str, FuzzResult] = {}
    for factory in factories:
        say(factory.name)
        try:
            with nothing_left_behind():
                results[factory.name] = fuzz_factory(factory, options)
        except KeyboardInterrupt:
            interrupts.forget()
            if not any(result.found for result in results.values()):
                raise
            break
        except BaseException as error:  # not even SystemExit of the user's may end the others
            results[factory.name] = could_not_fuzz(factory.name, why(error))
        if results[factory.name].ended == "interrupted":
            break
    return results


def _fuzz(maker: Maker, name: str, options: FuzzOptions) -> FuzzResult:
    search = BatchSearch(maker, name, options)
    try:
        # A loss that issues a warning would issue it again on every batch.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ended = search.run()
    except KeyboardInterrupt:
        interrupts.forget()
        if search.best is None:
            result = search.result("interrupted")
            if not result.batches:
                raise
            raise KeyboardInterrupt(f"{result.name}: {summary(result)}") from None
        ended = "interrupted"
    return search.result(ended)

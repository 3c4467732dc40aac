"""How far equivalent losses lie from different ones, in units of the measured noise.

    python docs/measure_separation.py

Runs every loss of tests/corpus three times: as it is, times 1e-6, and times 1e6; and the equivalent ones once
more after 150 training steps, when little but rounding is left of the gradient. Takes about ten minutes.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests"))

import corpus_cases

import gradcheck

SCALES = (1.0, 1e-6, 1e6)


def ratio(case: gradcheck.Case) -> tuple[str, float | None]:
    """Return the verdict, and the largest ratio of difference to what is allowed, over the variables it rests on."""
    report = gradcheck.diff(case, budget=0)
    ratios = [
        variable.judgement.relative_float64 / variable.judgement.noise
        for variable in report.variables
        if variable.judgement.relative_float64 is not None
        and variable.judgement.noise
        and variable.verdict == report.verdict
        and "non-finite" not in variable.states
    ]
    return report.verdict, max(ratios, default=None)


def line(scale: float) -> str:
    """Return a row of the table."""
    equivalent = {name: ratio(corpus_cases.case(name, scale=scale)) for name in corpus_cases.EQUIVALENT}
    different = {name: ratio(corpus_cases.case(name, scale=scale)) for name in corpus_cases.DIFFERENT}
    largest = _largest(equivalent)
    smallest = _extreme(
        min,
        {
            name: one
            for name, (verdict, one) in different.items()
            if one is not None and verdict == "different"
        },
    )
    return f"| {scale:g} | {largest} | {smallest} | {_others(equivalent, different)} |"


def trained_line() -> str:
    """Return the row of the equivalent losses after training."""
    equivalent = {}
    for name in corpus_cases.EQUIVALENT:
        case = corpus_cases.case(name)
        corpus_cases.train(case)
        equivalent[name] = ratio(case)
    return f"| 1, trained | {_largest(equivalent)} | | {_others(equivalent, {})} |"


def _largest(equivalent):
    return _extreme(max, {name: one for name, (_, one) in equivalent.items() if one is not None})


def _extreme(which, ratios):
    name = which(ratios, key=ratios.get)
    return f"{ratios[name]:.1e} ({name}, of {len(ratios)})"


def _others(equivalent, different):
    """Say which cases are right or wrong for another reason than this ratio."""
    told = [f"{name}: {verdict}" for name, (verdict, _) in different.items() if verdict != "different"]
    told += [
        f"{name}: not finite"
        for name, (verdict, one) in different.items()
        if verdict == "different" and one is None
    ]
    told += [f"{name}: **{verdict}**" for name, (verdict, _) in equivalent.items() if verdict != "equivalent"]
    return "; ".join(told)


def main() -> None:
    """Print the table."""
    print("| loss times | largest ratio, equivalent | smallest ratio, different | told otherwise |")
    print("| --- | --- | --- | --- |")
    for scale in SCALES:
        print(line(scale), flush=True)
    print(trained_line())


if __name__ == "__main__":
    main()

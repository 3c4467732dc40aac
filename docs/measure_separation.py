"""How far equivalent losses lie from different ones, in units of what is allowed.

    python docs/measure_separation.py

Runs every loss of tests/corpus three times: as it is, times 1e-6, and times 1e6; the equivalent ones once more
after 150 training steps, when little but rounding is left of the gradient; and a SAC policy, in which float32 is
noisy, from several seeds and at several scales. Takes about half an hour.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests"))

import numpy as np
import tensorflow as tf

import gradcheck
from support import corpus
from support.manifest import ENTRIES

SCALES = (1.0, 1e-6, 1e6)
NAMES = (*corpus.NAMES, *corpus.MADE)
EQUIVALENT = tuple(name for name in NAMES if ENTRIES[name].equivalent)
DIFFERENT = tuple(name for name in NAMES if name not in EQUIVALENT)


def ratio(case: gradcheck.Case) -> tuple[str, float | None]:
    """Return the verdict, and the largest ratio of difference to noise over the variables it rests on."""
    report = gradcheck.diff(case, budget=0, exact=True)
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
    equivalent = {name: ratio(corpus.case(name, scale=scale)) for name in EQUIVALENT}
    different = {name: ratio(corpus.case(name, scale=scale)) for name in DIFFERENT}
    return (
        f"| {scale:g} | {_largest(equivalent)} | {_smallest(different)} | {_others(equivalent, different)} |"
    )


def trained_line() -> str:
    """Return the row of the equivalent losses after training."""
    equivalent = {}
    for name in EQUIVALENT:
        case = corpus.case(name)
        corpus.train(case)
        equivalent[name] = ratio(case)
    return f"| 1, trained | {_largest(equivalent)} | | {_others(equivalent, {})} |"


def policy_line() -> str:
    """Return the row of a SAC policy: log(1 - tanh² + 1e-6) loses up to all of its gradient in float32."""
    w = tf.Variable(np.float32([0.5, -1.0, 2.0]), name="w")

    def log_prob(x, e):
        u = tf.linalg.matvec(x, w) + e
        return -0.5 * e**2 - tf.math.log(1.0 - tf.tanh(u) ** 2 + 1e-6)

    def mean(x, e):
        return tf.reduce_mean(log_prob(x, e))

    candidates = {
        "loop": lambda x, e: sum(log_prob(x[i : i + 1], e[i : i + 1])[0] for i in range(len(x))) / len(x),
        "sign": lambda x, e: -mean(x, e),
        "twice": lambda x, e: 2 * mean(x, e),
        "half of the samples": lambda x, e: mean(x[:8], e[:8]),
    }
    found = {}
    for seed in range(5):
        for scale in (0.3, 1.0, 3.0, 10.0, 30.0):
            random = np.random.default_rng(seed)
            x = (scale * random.normal(size=(16, 3))).astype("float32")
            batch = {"x": x, "e": random.normal(size=16).astype("float32")}
            for name, candidate in candidates.items():
                case = gradcheck.Case(reference=mean, candidate=candidate, batch=batch, variables=[w])
                found[f"{name}, seed {seed}, states times {scale:g}"] = ratio(case)
    equivalent = {name: one for name, one in found.items() if name.startswith("loop")}
    different = {name: one for name, one in found.items() if name not in equivalent}
    return (
        f"| SAC policy | {_largest(equivalent)} | {_smallest(different)} | {_others(equivalent, different)} |"
    )


def _largest(equivalent):
    return _extreme(max, {name: one for name, (_, one) in equivalent.items() if one is not None})


def _smallest(different):
    told = {name: one for name, (verdict, one) in different.items() if verdict == "different"}
    return _extreme(min, {name: one for name, one in told.items() if one is not None})


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
    print("| loss times | largest ratio, equivalent | smallest ratio, different | judged without the ratio |")
    print("| --- | --- | --- | --- |")
    print(policy_line(), flush=True)
    for scale in SCALES:
        print(line(scale), flush=True)
    print(trained_line())


if __name__ == "__main__":
    main()

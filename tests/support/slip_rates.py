"""Random programs with one random slip: how many are located and repaired.

python tests/support/slip_rates.py [PROGRAMS]      prints the rates, of 300 programs of each kind by default
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys
import tempfile
import types
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.errors import GradcheckError

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from support import random_slips

VARIABLES = ("w0", "w1", "b0", "b1")
THIRD = 987
"""The seed of a batch that no fix was tried on."""


def module(source, folder):
    """Import a program from its source."""
    file = folder / f"slip_{len(list(folder.iterdir()))}.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def gradients_in_float64(loss, names, batch):
    """Differentiate a loss with its variables and its batch in float64."""
    variables = [tf.Variable(tf.cast(names[name], tf.float64)) for name in VARIABLES]
    widened = {**names, **dict(zip(VARIABLES, variables, strict=True))}
    arrays = {
        key: tf.constant(array.astype("float64") if array.dtype.kind == "f" else array)
        for key, array in batch.items()
    }
    with tf.GradientTape() as tape:
        value = types.FunctionType(loss.__code__, widened)(**arrays)
    found = tape.gradient(value, variables, unconnected_gradients="zero")
    return np.concatenate([gradient.numpy().ravel() for gradient in found])


def refuted(source, findings, folder):
    """Return whether the gradients of a third batch differ with the fixes of some findings in place."""
    lines = source.splitlines()
    for finding in sorted(findings, key=lambda one: (one.span.line, one.span.column), reverse=True):
        span, line = finding.span, lines[finding.span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + finding.fix.text + line[span.end_column - 1 :]
    fixed = module("\n".join(lines), folder)
    batch = fixed.program(THIRD, 11).batch
    right, wrong = (gradients_in_float64(loss, vars(fixed), batch) for loss in (fixed.right, fixed.wrong))
    return not np.linalg.norm(right - wrong) <= 1e-6 * np.linalg.norm(right)


def reports(programs, folder):
    """Yield programs whose sides differ, and the reports on them; a slip may change nothing, or make it fail."""
    for program in programs:
        try:
            report = gradcheck.diff(module(program.source(), folder).program)
        except GradcheckError:
            continue
        if report.verdict == "different":
            yield program, report


@dataclass
class Rates:
    """How many slips were located, in the first finding, with a proof; which were not; which fixes are wrong."""

    located: int = 0
    repaired: int = 0
    missed: list[random_slips.Slip] = field(default_factory=list)
    refuted: list[str] = field(default_factory=list)

    @property
    def programs(self) -> int:
        """How many programs had two sides that differ."""
        return self.located + len(self.missed)

    def add(self, program, report, folder):
        """Count a program."""
        line, first = program.faulty_line(), report.findings[0]
        if first.verified and first.span.line <= line <= first.span.end_line:
            self.located += 1
        else:
            self.missed.append(program.slip)
        fixes = [one for one in report.findings if one.fix is not None and one.fix.source]
        self.repaired += bool(fixes)
        together = [one for one in fixes if one.proof.needs_also]
        for some in [*([one] for one in fixes if not one.proof.needs_also), together]:
            if some and refuted(program.source(), some, folder):
                self.refuted += [one.fix.text for one in some]


def rates(programs, folder):
    """Compare both sides of each program, and count."""
    found = Rates()
    for program, report in reports(programs, folder):
        found.add(program, report, folder)
    return found


def accused(programs, folder):
    """Return how many programs without a slip are called different, or have an error or a suspicion."""
    found = (gradcheck.diff(module(program.source(), folder).program) for program in programs)
    return sum(
        report.verdict != "equivalent" or any(one.severity != "note" for one in report.findings)
        for report in found
    )


def main():
    """Print the rates, of references in the same words and in others, and of programs without a slip."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    folder = pathlib.Path(tempfile.mkdtemp())
    for words, rewritten in (("the same words", False), ("other words", True)):
        found = rates((random_slips.with_a_slip(seed, rewritten=rewritten) for seed in range(count)), folder)
        print(f"{words}: {found.programs} of {count} programs differ; located {found.located}, "
              f"with a fix as source {found.repaired}, refuted by a third batch {len(found.refuted)}")  # fmt: skip
    wrongly = accused((random_slips.without_a_slip(seed) for seed in range(count)), folder)
    print(f"no slip, other words: {wrongly} of {count} programs accused")


if __name__ == "__main__":
    main()

"""Tables of many variables: what says the same is folded, and nothing that says something else is."""

from dataclasses import replace

import numpy as np

from gradcheck.judgement.verdict import Sides, judge
from gradcheck.report.plain_text import plain_text
from gradcheck.report.table import render, to_text
from support.reports import a_report

LAYERS = ("layer_normalization/gamma", "multi_head_attention/query/kernel", "multi_head_attention/key/bias")
PATHS = [f"block{number}/{layer}" for number in range(4) for layer in LAYERS]


def report_on(factors, paths=PATHS):
    """Return a report on variables whose gradients are each multiplied by a factor in the candidate."""
    report = a_report()
    (variable,) = report.variables
    gradient = np.array([1.0, 2.0])
    sides = [Sides(gradient, factor * gradient) for factor in factors]
    return replace(
        report,
        variables=tuple(
            replace(variable, path=path, states=("finite", "finite"), judgement=judgement)
            for path, judgement in zip(paths, judge(sides, sides), strict=True)
        ),
    )


def lines_of(report, **how):
    return plain_text([render(report, **how)], 80).splitlines()


def test_variables_that_differ_alike_are_one_row_and_their_number():
    said = lines_of(report_on([0.5] * 12))
    assert len(said) < 16
    assert [line for line in said if "+ 11 alike" in line and line.endswith("different")]


def test_one_variable_that_says_something_else_keeps_its_row():
    said = "\n".join(lines_of(report_on([1.0] * 7 + [0.5] + [1.0] * 4)))
    assert "+ 10 alike" in said and "equivalent" in said
    (line,) = (line for line in said.splitlines() if line.endswith("different"))
    assert "block2/" in line and "5.0e-01" in line


def test_with_all_every_variable_has_a_row():
    said = lines_of(report_on([0.5] * 12), unfolded=True)
    assert sum(line.endswith("different") for line in said) == 12
    assert not any("alike" in line for line in said)


def test_few_variables_are_all_shown():
    said = lines_of(report_on([0.5] * 8, PATHS[:8]))
    assert sum(line.endswith("different") for line in said) == 8


def test_of_many_that_differ_each_in_its_own_way_those_that_differ_most_are_shown():
    factors = [1 - number / 100 for number in range(1, 41)]
    said = lines_of(report_on(factors, [f"w{number}" for number in range(1, 41)]))
    assert sum(line.endswith("different") for line in said) == 21
    assert any("+ 20 more" in line for line in said)
    assert any("w40 2" in line for line in said) and not any("w20 2" in line for line in said)


def test_names_are_put_under_what_they_begin_with_and_not_broken_inside_a_word():
    said = lines_of(report_on([0.5] * 12), unfolded=True)
    assert sum("block0" in line for line in said) == 1
    names = [line.strip().split("  ")[0] for line in said]
    assert "normalization/" in names and "attention/query/" in names
    assert not any(name.endswith(("normaliz", "normaliza", "atte", "atten")) for name in names)


def test_a_table_without_a_variable_that_is_alike_is_as_long_as_its_variables():
    assert "more" not in to_text(report_on([0.1, 0.5, 1.0], PATHS[:3]))

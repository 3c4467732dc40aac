"""Modes as a table, markdown, HTML and JSON."""

import dataclasses
import json
import math

import pytest

from gradcheck.report import modes_html, modes_markdown, modes_table
from gradcheck.report.json_document import to_json
from gradcheck.running.result import ModesReport, Row, could_not_run, exit_code
from support.documents import validator

SAME = Row(mode="eager", verdict="same", norm=1.5, difference=1e-7, noise=2e-7, cosine=1.0)
ROWS = (
    SAME,
    Row(mode="xla", verdict="different", norm=math.nan, difference=math.nan, noise=2e-7, note="not [finite]"),
    Row(
        mode="micro_batches",
        verdict="same",
        norm=1.5,
        difference=1e-7,
        noise=2e-7,
        cosine=1.0,
        note="added up",
    ),
    dataclasses.replace(SAME, mode="micro_batches_uneven", difference=0.0, note="added up"),
    Row(mode="tf32", verdict="not_applicable", note="there is no GPU"),
)
REPORT = ModesReport(name="actor", rows=ROWS, about="it draws")


def test_the_table():
    assert modes_table.to_text(REPORT).splitlines() == [
        "actor  1 different, 3 same",
        "  it draws",
        "",
        "  mode                   norm    differ   noise   cosine   verdict",
        "  ──────────────────────────────────────────────────────────────────",
        "  eager                   1.5   1.0e-07   2e-07   1.0000   same",
        "  xla                     nan       nan   2e-07        –   different",
        "  micro_batches           1.5   1.0e-07   2e-07   1.0000   same",
        "  micro_batches_uneven    1.5   0.0e+00   2e-07   1.0000   same",
        "  norm: of the gradient for all variables; differ: from the gradient in float64,",
        "  relative to the larger of the two; noise: how much one rounding in the",
        "  precision of that mode changes it; up to 32 times that is allowed",
        "",
        "  xla: not [finite]",
        "  micro_batches, micro_batches_uneven: added up",
        "",
        "  tf32 (not applicable): there is no GPU",
    ]
    assert str(REPORT) == modes_table.to_text(REPORT)


def test_markdown():
    assert modes_markdown.to_markdown([REPORT]).splitlines()[:10] == [
        "## `actor`: 1 different, 3 same",
        "",
        "it draws",
        "",
        "| mode | norm | differ | noise | cosine | verdict |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
        "| eager | 1.5 | 1.0e-07 | 2e-07 | 1.0000 | same |",
        "| xla | nan | nan | 2e-07 | – | different |",
        "| micro_batches | 1.5 | 1.0e-07 | 2e-07 | 1.0000 | same |",
        "| micro_batches_uneven | 1.5 | 0.0e+00 | 2e-07 | 1.0000 | same |",
    ]
    assert "- tf32 (not applicable): there is no GPU" in modes_markdown.to_markdown([REPORT])


def test_html():
    named = dataclasses.replace(REPORT, name="<actor>")
    page = modes_html.to_html([named])
    assert "&lt;actor&gt;" in page and "<actor>" not in page
    assert "not [finite]" in page and "there is no GPU" in page
    assert REPORT._repr_html_().startswith('<div class="gradcheck">')


def test_the_json_is_that_of_the_schema():
    document = json.loads(to_json([REPORT, could_not_run("critic", "no data")], called="targets"))
    validator("modes").validate(document)
    assert document["targets"][0]["modes"][1]["norm"] == "nan"
    assert document["targets"][1] == {"name": "critic", "reason": "no data", "about": None, "modes": []}


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (("same", "information", "not_run", "not_applicable"), 0),
        (("same", "different", "no_verdict"), 1),
        (("same", "no_verdict"), 2),
        (("not_run", "not_applicable"), 2),
        ((), 2),
    ],
)
def test_exit_codes(verdicts, code):
    rows = tuple(Row(mode="eager", verdict=verdict) for verdict in verdicts)
    assert exit_code([ModesReport(name="actor", rows=rows)]) == code


def test_a_crash_is_not_passed_over():
    crashed = dataclasses.replace(SAME, mode="xla", verdict="not_run", failed=True)
    assert exit_code([ModesReport(name="actor", rows=(SAME, crashed))]) == 2
    assert exit_code([ModesReport(name="actor", rows=(SAME,)), could_not_run("critic", "no data")]) == 2

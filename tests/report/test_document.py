"""The JSON document of `diff`, held against the schema that is made from its types."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from gradcheck import findings
from gradcheck.comparison.report import Trials, could_not_check
from gradcheck.report.json_document import to_json
from gradcheck.source import Span
from support.documents import add_another, changed, one_of_each_kind, replace_by_an_object, validator
from support.project import ROOT
from support.reports import a_proof, a_report

VALIDATOR = validator("diff")


def parsed(*reports: Any) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    document: dict[str, Any] = json.loads(to_json(reports), parse_constant=refuse)
    return document


@pytest.fixture(scope="module")
def document():
    """Everything that a document can hold: the bandit's cases, one that failed, one on several batches."""
    from gradcheck.comparison.api import Options, diff_factory
    from gradcheck.targets.loading import load

    options = Options(settings={"samples": 10})
    bandit = [diff_factory(factory, options) for factory in load(str(ROOT / "examples" / "bandit.py"))]
    span = Span("loss.py", 1, 1, 1, 2, "x")
    fixed = findings.Finding(
        cause="sign",
        message="m",
        span=span,
        operands=(findings.Operand(span=span, shape=(2,)),),
        fix=findings.Fix(text="-x"),
        proof=a_proof(needs_also=("loss.py:2:1",)),
    )
    whole = a_report(findings=(fixed,), span=span, trials=Trials(3, (1, 2), 2))
    return parsed(*bandit, could_not_check("failed", "no data"), whole)


def test_the_bandits_real_document_is_valid(document):
    VALIDATOR.validate(document)
    assert [case["verdict"] for case in document["cases"]][:4] == [
        "different",
        "vacuous",
        "equivalent",
        "equivalent",
    ]


def test_without_any_one_field_a_document_is_invalid(document):
    fields = one_of_each_kind(document)
    assert len(fields) > 60
    survived = [path for path in fields if VALIDATOR.is_valid(changed(document, path, dict.__delitem__))]
    assert survived == []


def test_with_an_unknown_field_beside_any_other_a_document_is_invalid(document):
    fields = one_of_each_kind(document)
    assert [path for path in fields if VALIDATOR.is_valid(changed(document, path, add_another))] == []


def test_with_an_object_in_place_of_any_value_a_document_is_invalid(document):
    fields = one_of_each_kind(document)
    assert [
        path for path in fields if VALIDATOR.is_valid(changed(document, path, replace_by_an_object))
    ] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), 2),
        (("cases",), []),
        (("cases", 0, "verdict"), "fine"),
        (("cases", 0, "reason"), ""),
        (("cases", 0, "losses", "reference"), None),
        (("cases", 0, "losses", "reference", "value"), "NaN"),
        (("cases", 0, "losses", "reference", "value"), "1.0"),
        (("cases", 0, "losses", "reference", "span", "column"), 0),
        (("cases", 0, "losses", "reference", "span", "line"), 1.5),
        (("cases", 0, "variables"), []),
        (("cases", 0, "variables", 0, "shape"), [-1]),
        (("cases", 0, "variables", 0, "verdict"), "passed"),
        (("cases", 0, "variables", 0, "candidate_state"), "None"),
        (("cases", 0, "variables", 0, "cosine"), "1.0"),
        (("cases", 0, "findings", 0, "cause"), "typo"),
        (("cases", 0, "findings", 0, "severity"), "fatal"),
        (("cases", 0, "findings", 0, "verified"), "yes"),
    ],
)
def test_with_a_wrong_value_a_document_is_invalid(document, path, value):
    def replace(container, key):
        container[key] = value

    assert not VALIDATOR.is_valid(changed(document, path, replace))


@pytest.mark.parametrize(("number", "written"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_numbers_that_are_not_finite_are_strings(number, written):
    document = parsed(a_report(value=number, gradient=np.array([number, 0.0])))
    VALIDATOR.validate(document)
    (case,) = document["cases"]
    assert case["losses"]["candidate"]["value"] == written
    assert case["variables"][0]["max_abs_difference"] in ("nan", "inf")


@pytest.mark.parametrize("number", [0.0, -1.5, 1e-300, 5e-324])
def test_numbers_that_are_finite_are_exact(number):
    (case,) = parsed(a_report(value=number))["cases"]
    assert case["losses"]["candidate"]["value"] == number


def test_the_document_is_ascii_whatever_it_says():
    text = to_json([a_report(name="größe ‖w‖ \udc80")])
    assert text.isascii()
    assert json.loads(text)["cases"][0]["name"] == "größe ‖w‖ \udc80"

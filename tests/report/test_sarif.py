"""SARIF logs. What the standard demands of the parts that are used is written down in `SCHEMA`."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from gradcheck.causes import names
from gradcheck.comparison.report import could_not_check
from gradcheck.findings import Fix
from gradcheck.report.sarif import VERDICTS, to_sarif
from gradcheck.source import Span
from support.reports import a_finding, a_proof, a_report, reports

SPAN = Span("my losses/loss.py", 66, 32, 66, 37, "a * b")


def of(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT, LEVEL, NUMBER = (
    {"type": "string"},
    {"enum": ["none", "note", "warning", "error"]},
    {"type": "integer", "minimum": 1},
)
MESSAGE = of({"text": TEXT, "markdown": TEXT}, "text")
URI = of({"uri": {"type": "string", "format": "uri-reference", "pattern": r"^[^\s\\]*$"}})
REGION = of(
    {
        **dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), NUMBER),
        "snippet": of({"text": TEXT}),
    }
)
LOCATION = of({"physicalLocation": of({"artifactLocation": URI, "region": REGION}), "message": MESSAGE})
CHANGE = of(
    {
        "artifactLocation": URI,
        "replacements": list_of(
            of({"deletedRegion": REGION, "insertedContent": of({"text": TEXT})}, "deletedRegion")
        ),
    },
    "artifactLocation",
    "replacements",
)
RESULT = of(
    {
        "ruleId": TEXT,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": list_of(LOCATION),
        "relatedLocations": list_of(LOCATION),
        "fixes": list_of(of({"description": MESSAGE, "artifactChanges": list_of(CHANGE)}, "artifactChanges")),
        "properties": {"type": "object"},
    },
    "message",
)
RUN = of(
    {
        "tool": of(
            {
                "driver": of(
                    {
                        "name": TEXT,
                        "version": TEXT,
                        "rules": list_of(
                            of({"id": TEXT, "shortDescription": MESSAGE, "help": MESSAGE}, "id")
                        ),
                    },
                    "name",
                )
            },
            "driver",
        ),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "invocations": list_of(
            of(
                {
                    "executionSuccessful": {"type": "boolean"},
                    "toolExecutionNotifications": list_of(
                        of({"level": LEVEL, "message": MESSAGE}, "message")
                    ),
                },
                "executionSuccessful",
            )
        ),
        "results": list_of(RESULT),
    },
    "tool",
)
SCHEMA = of({"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": list_of(RUN)}, "version", "runs")


def run(*some: Any) -> dict[str, Any]:
    """Return the run of a log, which has to be valid."""
    log = json.loads(to_sarif(some))
    jsonschema.validate(log, SCHEMA)
    (found,) = log["runs"]
    for result in found["results"]:
        assert found["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return found


def test_what_the_standard_forbids_is_noticed():
    log = json.loads(to_sarif([a_report(findings=(a_finding(SPAN),))]))
    log["runs"][0]["results"][0]["place"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, SCHEMA)


def test_a_finding_is_a_result_at_its_place():
    (result,) = run(a_report(verdict="equivalent", findings=(a_finding(SPAN, cause="broadcast"),)))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20losses/loss.py"}
    assert place["region"] == {
        "startLine": 66,
        "startColumn": 32,
        "endLine": 66,
        "endColumn": 37,
        "snippet": {"text": "a * b"},
    }
    assert (result["ruleId"], result["level"], result["properties"]["verified"]) == (
        "broadcast",
        "warning",
        False,
    )


def test_a_case_that_differs_is_a_result_too_and_one_that_does_not_is_none():
    different, same = run(a_report()), run(a_report(verdict="equivalent"))
    assert [result["ruleId"] for result in different["results"]] == ["different"]
    assert same["results"] == []


def test_a_fix_in_source_can_be_applied_and_one_in_words_cannot():
    def fixes(source):
        finding = a_finding(SPAN, fix=Fix(text="b * a", source=source), proof=a_proof())
        return run(a_report(verdict="equivalent", findings=(finding,)))["results"][0].get("fixes", [])

    ((fix,), in_words) = fixes(True), fixes(False)
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    assert replacement["insertedContent"] == {"text": "b * a"}
    assert replacement["deletedRegion"] == {
        "startLine": 66,
        "startColumn": 32,
        "endLine": 66,
        "endColumn": 37,
    }
    assert in_words == []


def test_a_fix_that_needs_another_says_so():
    finding = a_finding(SPAN, fix=Fix(text="b"), proof=a_proof(needs_also=("other.py:3:1",)))
    (result,) = run(a_report(verdict="equivalent", findings=(finding,)))["results"]
    assert result["fixes"][0]["description"]["text"] == "b, together with the fix at other.py:3:1"


def test_what_could_not_be_judged_is_no_success():
    (invocation,) = run(could_not_check("case", "it draws"))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "case: it draws"
    assert run(a_report())["invocations"][0]["executionSuccessful"] is True


def test_an_absolute_path_is_a_file_address():
    span = Span("/a b/c.py", 1, 1, 1, 2, "x")
    (result,) = run(a_report(verdict="equivalent", findings=(a_finding(span),)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///a%20b/c.py"


def test_every_cause_and_every_verdict_that_fails_is_a_rule():
    findings = tuple(a_finding(SPAN, cause=name) for name in names())
    rules = run(*(a_report(verdict=verdict, findings=findings) for verdict in VERDICTS))["tool"]["driver"][
        "rules"
    ]
    assert {rule["id"] for rule in rules} == {*names(), *VERDICTS}
    assert all(rule["shortDescription"]["text"] for rule in rules)


@given(reports())
def test_any_report_is_a_valid_log(report):
    run(report)

"""The schema of each command's document is made from types, and real documents are held against it."""

from __future__ import annotations

import dataclasses
import json
import runpy
import typing

import jsonschema
import numpy as np
import pytest

from gradcheck import causes, findings
from gradcheck.cli.reading import Document
from gradcheck.fuzzing.result import Batch, Counterexample, Crash, could_not_fuzz
from gradcheck.judgement import differences, verdict
from gradcheck.report import schema
from gradcheck.report.json_document import to_json
from gradcheck.report.schema import DOCUMENTS, schema_of
from support.documents import (
    add_another,
    at,
    changed,
    one_of_each_kind,
    places,
    replace_by_an_object,
    validator,
)
from support.project import ROOT
from support.reports import a_report

TARGET = """
import keras
import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([[1.0], [2.0]])


def mean(x):
    return tf.reduce_mean(tf.abs(x @ w))


def pairs(x):
    column = x @ w
    return tf.reduce_mean(tf.abs(column - tf.squeeze(column, 1)))


def raises(x):
    return mean(x) / 0.0 if x.shape[0] else tf.reshape(x, (7, 7))


@gradcheck.case
def case():
    batch = {"x": np.ones((4, 2), "float32")}
    return gradcheck.Case(reference=mean, candidate=pairs, batch=batch, variables=[w])
"""

SCRIPT = """
import tensorflow as tf

w = tf.Variable([[1.0], [2.0]])
x = tf.ones((6, 2))
for step in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.softmax(x @ w) * x[:, 0])
    tape.gradient(loss, [w])
"""


def a_batch(**given):
    arrays = {"x": np.array([[1.0, np.nan]]), "n": np.array(1.0), "flags": np.array([True])}
    return Batch(seed=0, rows=(0,), changes=("x[0] = 0",), arrays=arrays, **given)


def of_fuzz():
    """Return the document on a search that found everything that one can find."""
    found = dataclasses.replace(
        could_not_fuzz("case", "no data"),
        batches=3,
        verdicts={"equivalent": 1, "different": 2},
        counterexample=Counterexample(batch=a_batch(), report=a_report()),
        crashes=(Crash(batch=a_batch(), errors={"candidate": "raised", "reference": "raised"}),),
    )
    return to_json([found])


@pytest.fixture(scope="module")
def texts():
    return {}


@pytest.fixture(params=DOCUMENTS)
def document(request, cli, target, texts, python_with_tensorflow):
    """Return a command and a document that it wrote."""
    command = request.param
    if command not in texts:
        path = target(SCRIPT if command == "run" else TARGET)
        arguments = {"run": [path], "fuzz": [], "modes": [f"{path}:case", "--only", "eager,xla"]}
        given = arguments.get(command, [f"{path}:case"])
        texts[command] = of_fuzz() if command == "fuzz" else cli(command, "--format", "json", *given).out
    return command, json.loads(texts[command])


def test_the_document_of_each_command_is_valid(document):
    command, written = document
    jsonschema.Draft202012Validator.check_schema(schema_of(command))
    validator(command).validate(written)
    assert len(one_of_each_kind(written)) > 15


MAPPINGS = ("verdicts", "arrays", "errors")
"""Objects whose keys are not fields."""


def is_optional(path):
    return any(name in path[:-1] and path[path.index(name) + 1] == path[-1] for name in MAPPINGS)


def test_the_twin_without_any_one_field_it_is_not(document):
    command, written = document
    check = validator(command)
    fields = [path for path in one_of_each_kind(written) if not is_optional(path)]
    assert [path for path in fields if check.is_valid(changed(written, path, dict.__delitem__))] == []


def test_the_twin_with_another_field_it_is_not(document):
    command, written = document
    check = validator(command)
    fields = [path for path in one_of_each_kind(written) if "arrays" not in path or path[-1] == "dtype"]
    assert [path for path in fields if check.is_valid(changed(written, path, add_another))] == []


def test_the_twin_with_an_object_for_any_value_it_is_not(document):
    command, written = document
    check = validator(command)
    fields = [path for path in one_of_each_kind(written) if path[-1] != "arrays"]
    assert [path for path in fields if check.is_valid(changed(written, path, replace_by_an_object))] == []


def test_a_command_prints_what_the_documentation_has(cli):
    maker = runpy.run_path(str(ROOT / "docs" / "make_schemas.py"))
    there = {path: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.schema.json")}
    assert there == maker["files"](), "run: python docs/make_schemas.py"
    for command in Document:
        assert cli("schema", command.value).out == there[ROOT / "docs" / f"{command}.schema.json"]


def test_every_command_that_writes_json_has_a_schema(cli):
    commands = ("diff", "shapes", "fuzz", "run", "modes")
    assert tuple(DOCUMENTS) == tuple(Document) == commands
    ids = [schema_of(command)["$id"] for command in commands]
    assert ids == [f"urn:gradcheck:schema:{command}:1" for command in commands]


@pytest.mark.parametrize("command", DOCUMENTS)
def test_every_field_is_described_and_every_reference_leads_somewhere(command):
    made = schema_of(command)
    for path in places(made):
        if path[-1] == "$ref":
            assert at(made, path).removeprefix("#/$defs/") in made["$defs"]
    objects = [made, *made["$defs"].values()]
    fields = [field for each in objects for field in each.get("properties", {}).values()]
    named = {f"#/$defs/{name}": described for name, described in made["$defs"].items()}
    assert [
        field for field in fields if "description" not in {**named.get(field.get("$ref"), {}), **field}
    ] == []


def test_what_the_code_knows_is_listed():
    defined = schema_of("diff")["$defs"]
    assert defined["verdict"]["enum"] == list(typing.get_args(verdict.Verdict))
    assert defined["state"]["enum"] == list(typing.get_args(differences.State))
    assert defined["finding"]["properties"]["severity"]["enum"] == list(typing.get_args(findings.Severity))
    assert defined["finding"]["properties"]["cause"]["enum"] == list(causes.names())


def test_what_a_type_says_and_nothing_knows_is_refused():
    class Unknown(typing.TypedDict):
        """A document."""

        field: typing.Annotated[int, 3]

    with pytest.raises(TypeError, match="nothing here knows"):
        schema._Maker().object_of(Unknown)

"""A cause is one file: with another one there, everything knows of it; no name is without its file."""

import ast
import importlib
import pathlib
import runpy
import sys
import tomllib

import jsonschema
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck import causes
from gradcheck.report.schema import schema_of
from support.project import ROOT

PLANTED = '''
"""The loss has a cube.

Somebody took a third power, which is what this cause of a test's is about.
"""

from gradcheck.causes._example import Example
from gradcheck.findings import Finding


def find(evidence):
    return [
        Finding(cause="cubed", message="a cube", span=op.span, severity="note")
        for op in evidence.candidate.ops
        if op.type == "Pow"
    ]


CLAIMS = 1


def claims(located):
    return located.op.type == "Pow"


def propose(evidence):
    return []


EXAMPLES = [
    Example(title="A cube", setup="w = 2.0", wrong="w**3  # <--", right="w", says="a cube", verdict="different")
]
'''


@pytest.fixture
def planted(tmp_path, monkeypatch):
    (tmp_path / "cubed.py").write_text(PLANTED.lstrip())
    monkeypatch.setattr(causes, "__path__", [*causes.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    yield "cubed"
    sys.modules.pop("gradcheck.causes.cubed", None)
    vars(causes).pop("cubed", None)


def cubes():
    w = tf.Variable([1.0, 2.0])
    batch = {"x": np.ones((3, 2), "float32")}
    return gradcheck.diff(
        gradcheck.Case(
            reference=lambda x: tf.reduce_sum(x * w * w * w),
            candidate=lambda x: tf.reduce_sum(x * tf.pow(w, 3.0)),
            batch=batch,
            variables=[w],
        ),
        budget=0,
    )


def parted():
    """Return the first cause of a loss with a cube, the reference of which has none."""
    w = tf.Variable([1.0, 2.0])
    report = gradcheck.diff(
        gradcheck.Case(
            reference=lambda x: tf.reduce_sum(tf.math.tanh(x * w) * tf.exp(w)),
            candidate=lambda x: tf.reduce_sum(tf.pow(x * w, 3.0) * tf.exp(w)),
            batch={"x": np.linspace(-1.0, 1.0, 6, dtype="float32").reshape(3, 2)},
            variables=[w],
        )
    )
    assert report.findings[0].verified, str(report)
    return report.findings[0].cause


def test_where_programs_part_another_file_is_asked_too(planted):
    assert parted() == planted


def test_where_programs_part_without_it_the_others_are_asked():
    assert parted() == "other"


def written():
    """Return what the documentation has of the causes, by the names of the files."""
    files = runpy.run_path(str(ROOT / "docs" / "make_cause_pages.py"))["files"]()
    return {str(path.relative_to(ROOT)): text for path, text in files.items()}


def enumerated(schema):
    return schema["$defs"]["finding"]["properties"]["cause"]["enum"]


def test_another_file_is_another_cause_everywhere(planted, cli):
    assert planted in causes.names()
    listed = [line.split()[0] for line in cli("explain").out.splitlines() if line[:1].strip()]
    assert listed == list(causes.names())
    assert cli("explain", planted).out.splitlines()[:2] == ["cubed", "The loss has a cube."]
    docs = written()
    assert docs["docs/causes/cubed.md"].startswith("# cubed\n\n**The loss has a cube.**")
    assert "| [cubed](cubed.md) | The loss has a cube. |" in docs["docs/causes/README.md"]
    (navigation,) = [
        part["Causes"] for part in tomllib.loads(docs[".zensical.toml"])["project"]["nav"] if "Causes" in part
    ]
    assert navigation == ["causes/README.md", *(f"causes/{causes_page(name)}" for name in causes.names())]
    schema = schema_of("diff")
    assert enumerated(schema) == list(causes.names())
    (finding,) = [finding for finding in cubes().to_dict()["findings"] if finding["cause"] == planted]
    jsonschema.Draft202012Validator({**schema, **schema["$defs"]["finding"]}).validate(finding)


def causes_page(name):
    return "index_.md" if name == "index" else f"{name}.md"


def test_without_the_file_nothing_knows_of_it():
    assert "cubed" not in causes.names()
    assert "cubed" not in " ".join([*written(), *written().values()])
    assert [finding.cause for finding in cubes().findings] == []
    assert enumerated(schema_of("diff")) == list(causes.names())


def named(source):
    """Return the names that a source has for causes: given as an argument, compared with, or annotated."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.keyword(arg="cause", value=value):
                found.append(value)
            case ast.Call(func=ast.Name(id="Proposer" | "parts"), args=[*first]):
                found += first
            case ast.Compare(left=ast.Attribute(attr="cause"), comparators=others):
                found += others
            case ast.AnnAssign(annotation=ast.Name(id="CauseName"), value=value) if value is not None:
                found.append(value)
    texts = (part for value in found for part in _results(value))
    return {part.value for part in texts if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def _results(value):
    """Return what an expression may come to."""
    return [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]


def test_every_name_of_a_cause_in_the_code_is_that_of_a_file():
    package = pathlib.Path(gradcheck.__file__).parent
    used = {name for path in package.rglob("*.py") for name in named(path.read_text(encoding="utf-8"))}
    assert used and used <= set(causes.names())


@pytest.mark.parametrize(
    "source",
    [
        'Finding(cause="brodcast", message="x", span=None)',
        'Finding(cause="numerics" if odd else "brodcast")',
        'Proposer("brodcast" if odd else "dead", recording)',
        'parts(evidence, "brodcast")',
        'finding.cause == "brodcast"',
        'cause: CauseName = "brodcast" if odd else "dead"',
    ],
)
def test_a_name_that_is_misspelt_is_seen(source):
    assert "brodcast" in named(source)

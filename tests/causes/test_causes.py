"""Causes: their examples, their pages, and how well they explain real losses.

With ``GRADCHECK_LONG=1`` the whole corpus is explained and patched, instead of some of it.
"""

import io
import runpy
import sys
import textwrap
from functools import cache

import pytest
from rich.console import Console

import gradcheck
from gradcheck.causes import modules
from gradcheck.causes._example import MARK
from gradcheck.report import causes_page
from support import corpus
from support import corpus_figures as explaining
from support.manifest import LONG, file_of, sample
from support.patched import fixes_in_source, patched
from support.project import ROOT

DOCS = ROOT / "docs"

MODULES = {module.__name__.rpartition(".")[2]: module for module in modules()}
EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name, module in MODULES.items()
    for number, example in enumerate(module.EXAMPLES)
]


@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_a_cause_is_explained(module):
    summary, _, body = module.__doc__.partition("\n\n")
    assert "\n" not in summary and summary.endswith(".")
    assert len(body.split()) > 40
    assert 1 <= len(module.EXAMPLES) <= 3
    assert all(example.wrong.count(MARK) == 1 for example in module.EXAMPLES)
    assert all(MARK not in example.right + example.setup for example in module.EXAMPLES)


# The examples ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("as_much_work_as_by_default")  # the pages show what users see
@pytest.mark.parametrize(("cause", "example"), EXAMPLES)
def test_wrong_example(cause, example, target):
    report = gradcheck.diff(made(target, example.file()))
    first = report.findings[0]
    assert report.verdict == example.verdict, str(report)
    assert (first.cause, first.severity, first.message) == (cause, "error", example.says), str(report)
    assert first.span.line == example.marked_line, str(report)
    assert (first.fix.text if first.fix and first.fix.source else None) == example.fix, str(report)
    assert first.verified == any(one.fix is not None for one in report.findings)
    if example.fix is not None:
        source = patched(example.file(), fixes_in_source(report.findings))
        after = gradcheck.diff(made(target, source, "patched.py"), budget=0)
        assert after.equivalent, f"{report}\n{after}"


@pytest.mark.parametrize(("cause", "example"), EXAMPLES)
def test_right_example_is_its_twin(cause, example, target):
    source = example.file().replace("candidate=wrong", "candidate=right")
    report = gradcheck.diff(made(target, source))
    assert report.equivalent, str(report)
    assert [finding for finding in report.findings if finding.severity != "note"] == [], str(report)


def made(target, source, name="example.py"):
    return runpy.run_path(str(target(source, name)))["example"]


# Fixes written as source ----------------------------------------------------------------------------

_WRITTEN = """
import gradcheck
import numpy as np
import tensorflow as tf

def shared(h):
    return 0.5 * tf.nn.softmax(h, axis=FIRST)

@gradcheck.case
def example(seed=0):
    draw = np.random.default_rng(seed)
    batch = {"x": draw.normal(size=(5, 3)).astype("float32")}
    w = tf.Variable(draw.normal(size=(3, 3)).astype("float32"))

    def right(x):
        h = tf.tanh(x @ w)
RIGHT
        return tf.reduce_mean(v)

    def wrong(x):
        h = tf.tanh(x @ w)
WRONG
        return tf.reduce_mean(v)

    return gradcheck.Case(reference=right, candidate=wrong, batch=batch, variables=[w])
"""

TEXTS = {
    "an argument that binds less tightly": (
        "v = h * (h - 0.3)",
        "v = h * tf.stop_gradient(h - 0.3)",
        "(h - 0.3)",
    ),
    "an argument over two lines": (
        "v = tf.square(h) + h",
        "v = tf.stop_gradient(\n    tf.square(h)\n    + h)",
        "(tf.square(h) + h)",
    ),
    "a sum whose other part goes": (
        "v = tf.exp(3.0 * (h * h))",
        "v = tf.exp(3.0 * (h * h + 0.003))",
        "h * h",
    ),
    "a minus": ("v = tf.exp(h * h) + h", "v = tf.exp(h * h) + -h", "h"),
    "an axis by position": (
        "v = tf.square(tf.reduce_sum(h, 1, True)) * h",
        "v = tf.square(tf.reduce_sum(h, 0, True)) * h",
        "tf.reduce_sum(h, 1, True)",
    ),
    "a comment in the call": (
        "v = tf.square(tf.reduce_sum(h, axis=1, keepdims=True)) * h",
        "v = tf.square(tf.reduce_sum(\n    h,  # all of it\n    keepdims=True,  # as it was\n)) * h",
        "tf.reduce_sum(\n            h,  # all of it\n            keepdims=True, axis=1,  # as it was\n        )",
    ),
    "a name that is bound again in between": (
        "p = tf.nn.log_softmax(3000.0 * h)\nv = p * h",
        "q = 3000.0 * h\np = tf.nn.softmax(q)\nq = h\nv = tf.math.log(p) * q",
        "tf.nn.log_softmax(3000.0 * h)",
    ),
    "a name that is not": (
        "p = tf.nn.log_softmax(3000.0 * h)\nv = p * h",
        "q = 3000.0 * h\np = tf.nn.softmax(q, axis=1)\nv = tf.math.log(p) * h",
        "tf.nn.log_softmax(q, axis=1)",
    ),
    "a function of both formulations": (
        "v = tf.nn.softmax(h, axis=1) * h + 0.0 * shared(h)",
        "v = 2.0 * shared(h) * h",
        "tf.nn.softmax(h, axis=1) * h",
    ),
    "two results at once": (
        "a, b = tf.nn.moments(tf.stop_gradient(h), [1], keepdims=True)\nv = tf.exp(a) * h + tf.sin(b) * h",
        "a, b = tf.nn.moments(h, [1], keepdims=True)\nv = tf.exp(a) * h + tf.sin(b) * h",
        "tf.nn.moments(tf.stop_gradient(h), [1], keepdims=True)",
    ),
    "two results, taken apart later": (
        "m = tf.nn.moments(tf.stop_gradient(h), [1], keepdims=True)\nv = tf.exp(m[0]) * h + tf.sin(m[1]) * h",
        "m = tf.nn.moments(h, [1], keepdims=True)\nv = tf.exp(m[0]) * h + tf.sin(m[1]) * h",
        "tf.nn.moments(tf.stop_gradient(h), [1], keepdims=True)",
    ),
}


@pytest.mark.parametrize("what", TEXTS)
def test_a_fix_is_written_so_that_it_can_stand_there(what, target):
    right, wrong, text = TEXTS[what]
    source = _WRITTEN.replace("FIRST", "0")
    for name, body in {"RIGHT": right, "WRONG": wrong}.items():
        source = source.replace(name, textwrap.indent(body, " " * 8))
    report = gradcheck.diff(made(target, source))
    assert report.findings[0].verified, str(report)
    first = next(finding for finding in report.findings if finding.fix is not None)
    assert (first.fix.text if first.fix.source else None) == text, str(report)
    if text is not None:
        after = gradcheck.diff(made(target, patched(source, [first]), "patched.py"), budget=0)
        assert after.equivalent, f"{report}\n{after}"


# The corpus -----------------------------------------------------------------------------------------

CASES = [name for name in corpus.NAMES if name.startswith("case")]
OTHERS = [name for name in corpus.NAMES if name not in CASES]
EXPLAINED = sample(corpus.NAMES, always=[*CASES[::5], *OTHERS[::25]])
WORK = 100_000 if LONG else 4_000


@cache
def report_on(name):
    return explaining.explained(name, WORK)


def verdict_on(name):
    """Return the report; where nothing but the verdict is asked of it, without a search for an explanation."""
    return report_on(name) if LONG or corpus.truth(name).equivalent else explaining.explained(name, 0)


@pytest.mark.parametrize("name", EXPLAINED)
def test_corpus_is_explained(name):
    found = explaining.figures(name, report_on(name))
    if found.equivalent:
        assert not found.accused and not found.missed, str(report_on(name))
    else:
        assert not found.missed or name in explaining.WHY_MISSED, str(report_on(name))


@pytest.mark.skipif(not LONG, reason="takes minutes; GRADCHECK_LONG=1 runs it")
def test_corpus_figures_do_not_fall():
    found = [explaining.figures(name, report_on(name)) for name in corpus.NAMES]
    wrong = [one for one in found if not one.equivalent]
    assert all(one.verdict for one in found)
    assert sum(one.cause for one in wrong) >= 44
    assert sum(one.line for one in wrong) >= 40
    assert sum(one.fix for one in wrong) >= 42
    assert not any(one.accused for one in found if one.equivalent)


@pytest.mark.parametrize("name", sample(corpus.MADE, every=35))
def test_the_verdict_on_made_losses(name):
    report = verdict_on(name)
    found = explaining.figures(name, report)
    assert found.verdict, str(report)
    assert not (found.equivalent and found.accused), str(report)


@pytest.mark.parametrize("name", sample(corpus.UNSEEN, every=90))
def test_the_verdict_on_losses_that_were_measured_unseen(name):
    report = verdict_on(name)
    found = explaining.figures(name, report)
    causes = [finding.cause for finding in report.findings]
    same_on_both_sides = corpus.truth(name).cause == "dead" and causes[:1] == ["dead"]
    assert found.verdict or same_on_both_sides, str(report)
    assert not (found.equivalent and found.accused), str(report)


@pytest.mark.skipif(not LONG, reason="takes minutes; GRADCHECK_LONG=1 runs it")
def test_figures_of_made_losses_do_not_fall():
    found = [explaining.figures(name, report_on(name)) for name in corpus.MADE]
    wrong = [one for one in found if not one.equivalent]
    assert sum(one.cause for one in wrong) >= 102
    assert sum(one.line for one in wrong) >= 92
    assert sum(one.fix for one in wrong) >= 91


def test_every_miss_has_a_reason_and_every_reason_a_miss():
    page = (DOCS / "corpus.md").read_text(encoding="utf-8")
    assert all(f"- `{name}` (" in page for name in explaining.WHY_MISSED)
    assert page.count("\n- `") == len(explaining.WHY_MISSED)


# Repaired by a factor, a copy that is kept, two edits in one line, or not at all: said in words.
IN_WORDS = {
    "argmax_between_networks",
    "focal_probabilities_clipped",
    "half_precision_mask_1e10",
    "replica_means_added",
    "td_error_clipped_then_squared",
    "vq_straight_through_too_early",
}


@pytest.mark.parametrize("name", [name for name in EXPLAINED if name in corpus.DIFFERENT])
def test_fixes_of_the_corpus_in_the_source(name, tmp_path):
    report = report_on(name)
    fixes = fixes_in_source(report.findings)
    assert bool(fixes) == (name not in IN_WORDS), str(report)
    if not fixes:
        return
    path = tmp_path / f"{name}.py"
    path.write_text(patched(file_of(name).read_text(), fixes))
    built = runpy.run_path(str(path))["build"](0)
    case = gradcheck.Case(
        reference=lambda **batch: built["reference"](batch),
        candidate=lambda **batch: built["candidate"](batch),
        batch=built["batch"],
        variables=built["variables"],
    )
    after = gradcheck.diff(case, budget=0)
    assert after.equivalent, f"{report}\n{after}"


# The pages ------------------------------------------------------------------------------------------


def test_the_pages_are_current():
    maker = runpy.run_path(str(DOCS / "make_cause_pages.py"))
    there = {*(DOCS / "causes").iterdir(), maker["SITE"]}
    committed = {path: path.read_text(encoding="utf-8") for path in there}
    assert committed == maker["files"](), "run: python docs/make_cause_pages.py"


def shown(cause=None, width=100):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(causes_page.explanation(cause))
    return console.file.getvalue()


@pytest.mark.parametrize("name", MODULES)
def test_explanation_of_a_cause(name):
    text = squeezed(shown(name))
    for example in MODULES[name].EXAMPLES:
        parts = (example.title, example.setup, example.wrong, example.says, example.right, example.fix or "")
        assert [part for part in parts if squeezed(part) not in text] == []


def squeezed(text):
    return "".join(text.split())


@pytest.mark.parametrize("width", [30, 80])
def test_explanation_keeps_to_the_width(width):
    assert all(len(line.rstrip()) <= width for line in shown("broadcast", width).splitlines())


def test_all_causes_are_listed():
    assert [line.split()[0] for line in shown(width=200).splitlines()] == sorted(MODULES)


def test_an_unknown_cause():
    with pytest.raises(causes_page.UnknownCauseError, match="no such cause"):
        causes_page.explanation("brodcast")


def test_explaining_needs_no_tensorflow():
    import subprocess

    code = (
        "import sys; from gradcheck.report.causes_page import explanation; explanation('dead'); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

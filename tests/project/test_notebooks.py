"""Reports and shapes where IPython shows them: in a real notebook, whose cells are the source."""

from __future__ import annotations

import sys
import types
from functools import cache

import pytest

from gradcheck.report.finding_html import finding_html
from gradcheck.source import notebook_cells, shown_path, source_lines
from support.html_page import Page
from support.reports import a_finding, a_report, a_span

DEFINITIONS = """
import numpy as np
import tensorflow as tf
import gradcheck

w = tf.Variable([[0.5], [-0.25]], name="w")
random = np.random.default_rng(0)
batch = {"x": random.normal(size=(8, 2)).astype("float32"), "y": random.normal(size=8).astype("float32")}

def loop(x, y):
    return tf.add_n([(y[i] - (x[i : i + 1] @ w)[0, 0]) ** 2 for i in range(8)]) / 8
"""
WRONG = """
def arrays(x, y):
    return tf.reduce_mean((y - x @ w) ** 2)

case = gradcheck.Case(reference=loop, candidate=arrays, batch=batch, variables=[w])
"""
RIGHT = WRONG.replace("x @ w)", "tf.squeeze(x @ w, axis=1))")
RAISING = """
def raising(x, y):
    return x.nothing

try:
    gradcheck.diff(gradcheck.Case(reference=loop, candidate=raising, batch=batch, variables=[w]))
except gradcheck.UserCodeError as error:
    print(error)
"""
WATCHED = """
%%gradcheck

for step in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((batch["y"] - batch["x"] @ w) ** 2)
    w.assign_sub(0.01 * tape.gradient(loss, w))
w.shape
"""
WATCHED_RIGHT = WATCHED.replace('batch["x"] @ w)', 'tf.squeeze(batch["x"] @ w, axis=1))')
WATCHED_RAISING = WATCHED.replace("w.shape", "raise ValueError('on purpose')")
CELLS = (
    DEFINITIONS,
    WRONG,
    "gradcheck.diff(case)",
    "gradcheck.shapes(case)",
    "print(gradcheck.diff(case))",
    RIGHT,
    "gradcheck.diff(case)",
    RAISING,
    "%load_ext gradcheck",
    WATCHED,
    WATCHED_RIGHT,
    WATCHED_RAISING,
    "%%gradcheck --format json\n1",
)
MAY_RAISE = {"metadata": {"tags": ["raises-exception"]}}


@pytest.fixture
def outputs(python_with_tensorflow):
    """Return what each cell of a notebook showed."""
    return _outputs()


@cache
def _outputs():
    """Run a notebook once, and return what each of its cells showed."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    from nbformat import v4

    notebook = v4.new_notebook(cells=[v4.new_code_cell(source.strip(), **MAY_RAISE) for source in CELLS])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [[output for output in cell.outputs if output.get("name") != "stderr"] for cell in notebook.cells]


def html_of(outputs):
    (shown,) = outputs
    return Page(shown["data"]["text/html"])


def printed_by(outputs):
    """Return what a cell printed, which arrives in one piece or in several."""
    assert {output["output_type"] for output in outputs} == {"stream"}
    return "".join(output["text"] for output in outputs)


def test_a_report_shows_itself_with_the_source_of_the_cell_underlined(outputs):
    page = html_of(outputs[2])
    assert "arrays different" in page.text
    assert "In [2]:2:28" in page.text
    assert "return tf.reduce_mean((y - x @ w) ** 2)" in page.text
    assert len(page.all("mark")) == 2
    assert len(page.all("img")) == 4
    assert "ipykernel" not in page.text


def test_its_twin_is_equivalent_and_has_no_finding(outputs):
    page = html_of(outputs[6])
    assert "arrays equivalent" in page.text
    assert page.all("mark") == []
    assert "In [6]:2" in page.text


def test_shapes_show_themselves(outputs):
    page = html_of(outputs[3])
    assert "In [1]" in page.text and "In [2]" in page.text
    assert "!! both operands are broadcast: (n,) and (n, 1) give (n, n)" in page.text
    assert "ipykernel" not in page.text


def test_a_cell_is_watched_and_what_is_wrong_is_shown_at_its_line(outputs):
    assert outputs[8] == []
    report, value = outputs[9]
    page = Page(report["data"]["text/html"])
    assert "1 finding" in page.text and "In [10]:5:32" in page.text
    assert len(page.all("mark")) == 2
    assert "  2 calls  tape.gradient(loss, w)" in report["data"]["text/plain"]
    assert report["data"]["text/plain"].endswith("gradcheck: 1 finding")
    assert value["data"]["text/plain"] == "TensorShape([2, 1])"


def test_the_twin_a_cell_with_nothing_wrong_has_no_finding(outputs):
    report, value = outputs[10]
    assert report["data"]["text/plain"].endswith("gradcheck: no findings")
    assert Page(report["data"]["text/html"]).all("mark") == []
    assert value["data"]["text/plain"] == "TensorShape([2, 1])"


def test_a_cell_that_raises_shows_what_was_seen_and_its_own_error(outputs):
    report, error = outputs[11]
    assert report["data"]["text/plain"].endswith("gradcheck: 1 finding")
    assert (error["ename"], error["evalue"]) == ("ValueError", "on purpose")


def test_the_magic_takes_no_options(outputs):
    (error,) = outputs[12]
    assert error["evalue"] == "%%gradcheck --format json: it takes no options"


def test_where_there_is_no_html_they_are_tables(outputs):
    for cell, begins in ((2, "arrays  DIFFERENT"), (3, "arrays\n  n = 8 follows the batch")):
        assert outputs[cell][0]["data"]["text/plain"].startswith(begins)


def test_printing_prints_the_table_and_shows_nothing_else(outputs):
    printed = printed_by(outputs[4])
    assert "--> In [2]:2:28" in printed
    assert "2 | return tf.reduce_mean((y - x @ w) ** 2)" in printed


def test_an_error_names_the_cell(outputs):
    printed = printed_by(outputs[7])
    assert printed.startswith("the candidate (In [8]:1) raised:")
    assert 'File "In [8]", line 2, in raising\n    return x.nothing\n' in printed
    assert "ipykernel" not in printed


@pytest.fixture
def shell(monkeypatch):
    """Stand for an IPython whose cells are known by these names."""

    def start(names):
        compiler = types.SimpleNamespace(format_code_name=names.get)
        ipython = types.SimpleNamespace(get_ipython=lambda: types.SimpleNamespace(compile=compiler))
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setattr(notebook_cells, "_FILES", {})

    return start


def test_a_cell_is_called_as_its_author_sees_it(shell):
    span = a_span("loss = a * b", "a * b", name="/tmp/ipykernel_1/2.py")
    shell({"/tmp/ipykernel_1/2.py": ("Cell", "In[7]")})
    assert shown_path("/tmp/ipykernel_1/2.py") == "In [7]"
    named = span.__class__("In [7]", *(getattr(span, name) for name in span.__slots__[1:]))
    assert source_lines(named) == ["loss = a * b"]
    assert "<mark>a * b</mark>" in finding_html(a_finding(named))


@pytest.mark.parametrize("ipython", [None, types.SimpleNamespace(get_ipython=lambda: None)])
def test_without_a_notebook_a_file_keeps_its_name(monkeypatch, ipython):
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert shown_path("/tmp/ipykernel_1/2.py") == "/tmp/ipykernel_1/2.py"


def test_in_a_notebook_other_files_keep_their_names(shell):
    shell({})
    assert shown_path("/somewhere/loss.py") == "/somewhere/loss.py"


def test_a_terminal_of_ipython_shows_the_table():
    report, shown = a_report(), []
    report._repr_pretty_(types.SimpleNamespace(text=shown.append), False)
    assert shown == [str(report)]

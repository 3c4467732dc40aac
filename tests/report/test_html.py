"""Reports as HTML, read back with Python's parser and in a real browser."""

from __future__ import annotations

import base64
import re
import struct
import zlib

import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given

import gradcheck
from gradcheck.causes import module
from gradcheck.comparison.api import diff_with
from gradcheck.comparison.report import VariableReport, could_not_check
from gradcheck.findings import Fix, Operand
from gradcheck.judgement.downsampled import LONGEST, downsample
from gradcheck.judgement.verdict import Sides, judge
from gradcheck.options import Options
from gradcheck.report.causes_page import summary
from gradcheck.report.finding_html import finding_html
from gradcheck.report.heatmap import pictures
from gradcheck.report.html import to_fragment, to_html
from gradcheck.report.html_markup import prose, stylesheet, tag
from gradcheck.report.png import png
from gradcheck.source import Span
from support import browser
from support.html_page import AWKWARD, Page
from support.project import ROOT
from support.reports import a_finding, a_proof, a_report, a_span, reports


def a_variable(reference, candidate, **changes):
    """Return a variable with these gradients, as a comparison reports it."""
    from gradcheck.judgement.differences import state

    reference, candidate = (None if side is None else np.asarray(side) for side in (reference, candidate))
    (judgement,) = judge([Sides(reference, candidate)], None)
    shape = next(side.shape for side in (reference, candidate, np.zeros(2)) if side is not None)
    parts = {"path": "layer/kernel", "shape": shape, "dtype": "float32", "judgement": judgement}
    states = state(reference), state(candidate)
    return VariableReport(
        **{**parts, "states": states, "gradients": downsample(reference, candidate), **changes}
    )


def a_full_report():
    source = "    loss = tf.reduce_mean(left * right)"
    operands = (
        Operand(span=a_span(source, "left"), shape=(7, 1)),
        Operand(span=a_span(source, "right"), shape=(7,)),
    )
    finding = a_finding(
        a_span(source, "left * right"),
        message="both operands are broadcast",
        operands=operands,
        notes=("`left` is a column",),
        severity="error",
        fix=Fix(text="tf.squeeze(left, axis=1) * right"),
        proof=a_proof(),
    )
    random = np.random.default_rng(0)
    kernel = random.normal(size=(300, 200)).astype("float32")
    variables = (
        a_variable(kernel, kernel + random.normal(size=kernel.shape) / 3),
        a_variable(np.arange(5.0), np.arange(5.0), path="bias"),
        a_variable(2.0, 3.0, path="a" * 90),
        a_variable([1.0, 2.0], None, path="nothing"),
        a_variable([1.0, 2.0], [np.nan, np.inf], path="broken"),
    )
    return a_report(name="actor", span=a_span(source, "left"), findings=(finding,), variables=variables)


@pytest.mark.parametrize("form", [lambda report: to_html([report]), to_fragment])
@pytest.mark.parametrize("awkward", AWKWARD)
def test_whatever_the_user_wrote_is_shown_as_it_is(form, awkward):
    span = a_span(f"loss = {awkward}", awkward)
    operands = (Operand(span=span, shape=(2,)),)
    finding = a_finding(
        span, message=awkward, notes=(awkward,), fix=Fix(text=awkward), proof=a_proof(), operands=operands
    )
    variable = a_variable(
        [1.0],
        [
            2.0,
        ][:1],
        path=awkward,
    )
    report = a_report(name=awkward, reason=awkward, span=span, findings=(finding,), variables=(variable,))
    page, plain = Page(form(report)), Page(form(a_report(span=span, findings=(finding,))))
    shown = awkward if form is to_fragment else awkward.replace("\udc80", "\N{REPLACEMENT CHARACTER}")
    # Title, name, reason, two losses, path twice, message, source, note, fix.
    assert page.text.count(shown) == 10 + (form is not to_fragment)
    assert {name for name, _ in page.elements} <= {name for name, _ in plain.elements} | ALLOWED


ALLOWED = {"details", "summary", "figure", "figcaption", "img", "ul", "li", "div", "h3", "wbr"}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'`;")))
def test_any_text_is_read_back(text):
    page = Page(tag("p", prose(text), title=text))
    assert page.text.replace("`", "") == text.replace("`", "")
    assert page.all("p") == [{"title": text or None}]


COPY_SCRIPT = (ROOT / "gradcheck" / "report" / "copy.js").read_text(encoding="ascii")


def scripts_in(source):
    return re.findall(r"<script>(.*?)</script>", source, re.S)


@given(report=reports())
def test_whatever_a_report_holds_the_page_is_well_formed(report):
    source = to_html([report])
    page = Page(source)
    assert scripts_in(source) == [COPY_SCRIPT] * ("data-copy" in page.attributes)
    assert sum(name == "tr" for name, _ in page.elements) == 4  # two losses, the heads, one variable


def test_a_page_needs_nothing_else():
    source = to_html([a_full_report()])
    page = Page(source)
    assert source.isascii()
    assert re.findall(r"https?:|url\(|@import", source) == []
    assert scripts_in(source) == [COPY_SCRIPT]
    assert page.all("script") == [{}] and page.all("link") == []
    images = page.all("img")
    assert images and all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert all(image["alt"] for image in images)


def test_a_page_says_what_the_table_says():
    text = Page(to_html([a_full_report()])).text
    for said in (
        "actor different",
        "1 of 1 gradients differ",
        "error[other] both operands are broadcast",
        "loss = tf.reduce_mean(left * right)",
        "left is a column",
        "Fix: tf.squeeze(left, axis=1) * right",
        "Tried: with it the gradients agree to 1e-16, on a second batch too (6 samples).",
        "More on other:",
        "layer/kernel 300×200",
        "Each cell stands for 5×4 elements and shows the one with the largest difference.",
    ):
        assert said in text, said


def test_a_page_teaches_each_cause_once():
    findings = tuple(a_finding(None, cause=cause) for cause in ("axis", "sign", "axis"))
    page = Page(to_html([a_report(findings=findings)]))
    assert len([part for part in page.all("details") if part["class"] == "cause"]) == 2
    for cause in ("axis", "sign"):
        taught = module(cause)
        assert summary(taught).replace("`", "") in page.text
        assert all(example.title.replace("`", "") in page.text for example in taught.EXAMPLES)


def test_several_cases_have_a_list_of_them():
    page = Page(to_html([a_report(), a_report(name="critic", verdict="equivalent")]))
    assert [link["href"] for link in page.all("a")] == ["#case-1", "#case-2"]
    assert {section["id"] for section in page.all("section")} == {"case-1", "case-2"}
    one = Page(to_html([a_report()]))
    assert one.all("a") == []
    assert len(one.all("h1")) == len(page.all("h1")) == 1


def test_a_case_that_could_not_be_run_shows_why():
    page = Page(to_html([could_not_check("case", "it raised:\n\nTraceback\n  boom")]))
    assert "Traceback\n  boom" in page.text
    assert page.all("table") == []


def test_operands_are_underlined_and_their_shapes_stand_below():
    source = "    loss = left * right"
    operands = tuple(
        Operand(span=a_span(source, name), shape=shape) for name, shape in (("left", (7, 1)), ("right", (7,)))
    )
    shown = finding_html(a_finding(a_span(source, "left * right"), operands=operands))
    assert "loss = <mark>left</mark> * <mark>right</mark>" in shown
    lines = Page(shown).text.partition("1  loss")[2].splitlines()
    assert lines[1] == "          (7, 1) (7,)"


def test_a_span_without_operands_is_underlined_whole_on_each_line():
    source = "loss = f(\n    a < b\n)"
    shown = finding_html(a_finding(a_span(source, "f(\n    a < b\n)")))
    assert re.findall("<mark>(.*?)</mark>", shown) == ["f(", "a &lt; b", ")"]


def test_what_stands_far_before_the_span_is_left_out():
    source = f"loss = {'x' * 200} + (left * right)"
    shown = Page(finding_html(a_finding(a_span(source, "left * right")))).text
    assert "1  … xxx" in shown
    assert "left * right" in shown and "loss = " not in shown


def test_source_that_cannot_be_had_is_said_to_be_unavailable():
    assert "The source is not available." in finding_html(a_finding(Span("<string>", 3, 1, 3, 4, "")))


# Pictures


def decoded(source: str) -> np.ndarray:
    """Return the colours of a PNG, as its specification says."""
    data = base64.b64decode(source.partition(",")[2])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(data):
        (length,), kind = struct.unpack(">I", data[place : place + 4]), data[place + 4 : place + 8]
        content = data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0] == zlib.crc32(
            kind + content
        )
        chunks[kind] = content
        place += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    opacity = np.frombuffer(chunks[b"tRNS"], np.uint8)
    assert not rows[:, 0].any()
    return np.concatenate([palette[rows[:, 1:]], opacity[rows[:, 1:], None]], axis=-1)


def drawn(variable) -> list[np.ndarray]:
    return [decoded(image["src"]) for image in Page(pictures(variable)).all("img")]


def test_a_png_is_read_back():
    levels = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    palette = [(1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 255)]
    read = decoded("data:," + base64.b64encode(png(levels, palette)).decode())
    assert read.tolist() == [[list(palette[level]) for level in row] for row in levels]


def test_three_pictures_on_one_scale_and_its_legend():
    reference, candidate, difference, legend = drawn(a_variable([[1.0, -4.0]], [[1.0, 0.0]]))
    assert reference.shape == candidate.shape == difference.shape == (1, 2, 4)
    assert (reference[0, 0] == candidate[0, 0]).all()  # the same number is the same colour
    assert reference[0, 1].tolist() == legend[0, 0].tolist()  # the least of all: blue
    assert difference[0, 1].tolist() == legend[0, -1].tolist()  # +4: red
    assert candidate[0, 1, 3] == difference[0, 0, 3] == legend[0, 127, 3] == 0  # zero is transparent


def test_a_difference_however_small_is_not_drawn_as_zero():
    assert drawn(a_variable([1.0, 1.0], [1.0, 1.0 + 1e-4]))[2][0, :, 3].tolist() == [
        0,
        pytest.approx(9, abs=5),
    ]


def test_what_is_not_finite_has_a_colour_of_its_own():
    broken = a_variable([1.0, 2.0], [np.nan, 2.0])
    reference, candidate, difference, _ = drawn(broken)
    assert candidate[0, 0].tolist() == difference[0, 0].tolist() == [181, 23, 158, 255]
    assert reference[0, 0].tolist() != candidate[0, 0].tolist()
    assert "not finite" in Page(pictures(broken)).text
    assert "not finite" not in Page(pictures(a_variable([1.0, 2.0], [3.0, 2.0]))).text


def test_a_gradient_that_is_none_has_no_picture_but_says_so():
    page = Page(pictures(a_variable([1.0, 2.0], None)))
    assert len(page.all("img")) == 3  # reference, difference, legend
    assert "candidate None" in page.text


@pytest.mark.parametrize(
    ("reference", "candidate", "says"),
    [
        (2.0, 3.0, "reference 2candidate 3difference 1"),
        ([0.0, 0.0], [0.0, 0.0], "0 exactly on both sides."),
        ([0.0, 0.0], None, "Reference 0 exactly, candidate None."),
        (None, None, ""),
    ],
)
def test_what_needs_no_picture_is_said(reference, candidate, says):
    page = Page(pictures(a_variable(reference, candidate)))
    assert (page.text, page.all("img")) == (says, [])


def test_many_variables_that_agree_are_folded_up():
    agree, differ = a_variable([1.0, 2.0], [1.0, 2.0]), a_variable([1.0, 2.0], [1.0, 3.0])
    many = Page(to_fragment(a_report(variables=(agree,) * 5 + (differ,)))).all("details")
    assert ["open" in one for one in many] == [False] * 5 + [True]
    few = Page(to_fragment(a_report(variables=(agree, differ)))).all("details")
    assert ["open" in one for one in few] == [True, True]


# Reducing


shapes = st.sampled_from(
    [(), (1,), (64,), (65,), (1000,), (3, 200), (200, 3), (130, 130), (5, 5, 7, 90), (1, 500)]
)


@given(shape=shapes, data=st.data())
def test_the_one_element_that_differs_is_always_seen(shape, data):
    reference = np.asarray(np.random.default_rng(0).normal(size=shape), "float32")
    candidate = np.array(reference + np.float32(1e-9))
    place = tuple(data.draw(st.integers(0, length - 1)) for length in shape)
    candidate[place] += np.float32(0.01)
    seen = downsample(reference, candidate)
    apart = np.abs(seen.candidate - seen.reference)
    assert (apart > 0.005).sum() == 1
    at = np.unravel_index(apart.argmax(), apart.shape)
    assert (seen.reference[at], seen.candidate[at]) == (reference[place], candidate[place])
    assert max(seen.reference.shape) <= LONGEST


@given(shape=shapes)
def test_each_cell_is_an_element_of_its_part_of_the_gradient(shape):
    reference = np.arange(np.prod(shape, dtype=int), dtype="float64").reshape(shape)
    seen = downsample(reference, None)
    rows, columns = seen.step
    numbers = reference.reshape(seen.rows, seen.columns)
    for (row, column), number in np.ndenumerate(seen.reference):
        assert number in numbers[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns]


def test_where_only_rounding_differs_the_largest_is_seen():
    reference = np.zeros((128, 1), "float32")
    reference[1], reference[2] = 5.0, 1.0
    candidate = reference + np.float32(1e-7)
    assert downsample(reference, candidate).reference[0] == 5.0
    candidate[0] = 1.0
    assert downsample(reference, candidate).reference[0] == 0.0


def test_a_nan_is_always_seen():
    reference = np.ones((500, 500), "float32")
    candidate = reference.copy()
    candidate[321, 123] = np.nan
    assert np.isnan(downsample(reference, candidate).candidate).sum() == 1


@pytest.mark.parametrize("broken", [np.inf, np.nan])
def test_beside_what_is_not_finite_a_difference_is_seen_all_the_same(broken):
    reference = np.zeros((128, 2), "float32")
    reference[0, 1], reference[1, 0] = broken, 5.0
    candidate = reference.copy()
    assert downsample(reference, candidate).reference[0, 0] == 5.0
    candidate[0, 0] = 1.0
    assert downsample(reference, candidate).reference[0, 0] == 0.0


def test_nothing_is_kept_of_gradients_that_are_not_there():
    assert downsample(None, None) is None
    assert downsample(np.zeros((0, 3)), np.zeros((0, 3))) is None


# The style


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


COLOURS = dict(re.findall(r"--(\w+): light-dark\((#\w+, #\w+)\)", stylesheet()))


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "dim", "red", "green", "amber", "blue"])
def test_text_has_enough_contrast(ink, mode):
    """4.5 to 1 is what the accessibility guidelines (WCAG 2, AA) ask of text."""
    for ground in ("paper", "card", *(["under"] if ink == "ink" else [])):
        assert contrast(COLOURS[ink].split(", ")[mode], COLOURS[ground].split(", ")[mode]) >= 4.5


def test_the_measure_of_contrast():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")


def test_the_style_of_a_fragment_concerns_nothing_else():
    """Each rule at the outermost level is one of `.gradcheck`."""
    rules, depth = [], 0
    for part in re.split(r"([{}])", re.sub(r"/\*.*?\*/", "", stylesheet(), flags=re.S)):
        if part == "{":
            depth += 1
        elif part == "}":
            depth -= 1
        elif depth == 0 and part.strip():
            rules.append(part)
    assert rules and all(".gradcheck" in selector for rule in rules for selector in rule.split(","))


# The command line


def test_the_command_writes_a_page(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    small = ("examples/bandit.py:actor", "--set", "samples=10")
    outcome = cli("diff", *small, "--format", "html", "--output", tmp_path / "report.html")
    assert (outcome.code, outcome.out) == (1, "")
    page = Page((tmp_path / "report.html").read_text(encoding="ascii"))
    assert "gradcheck: actor different" in page.text
    assert "Fix: tf.squeeze(advantages, axis=1) * tf.math.log(action_probs)" in page.text
    assert [part["class"] for part in page.all("details")] == ["cause"] * 2 + ["gradient"] * 2
    assert len(page.all("img")) == 8


def test_pictures_are_kept_where_a_report_may_become_a_page_and_nowhere_else():
    variable = tf.Variable([1.0, 2.0])

    def loss(x):
        return tf.reduce_sum(x * variable)

    batch = {"x": np.ones(2, "float32")}
    case = gradcheck.Case(reference=loss, candidate=loss, batch=batch, variables=[variable])
    assert "<img" in gradcheck.diff(case)._repr_html_()
    assert diff_with(case, Options()).variables[0].gradients is None


def test_a_fix_as_source_can_be_copied_and_the_twin_one_in_words_cannot():
    def page(fix):
        return to_html([a_report(findings=(a_finding(a_span("a * b", "a"), fix=fix, proof=a_proof()),))])

    source = page(Fix(text="a <= b"))
    assert "<code data-copy>a &lt;= b</code>" in source and len(scripts_in(source)) == 1
    words = page(Fix(text="transpose `a`", source=False))
    assert "data-copy" not in Page(words).attributes and scripts_in(words) == []


def test_a_notebook_gets_no_script():
    assert scripts_in(to_fragment(a_full_report())) == []


# In the browser


@browser.needed
@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1200, "light")])
def test_a_page_in_a_browser(tmp_path, width, scheme):
    """All its pictures can be read, nothing is wider than the page, and the colours are those of the scheme."""
    seen = browser.seen(
        to_html([a_full_report(), could_not_check("c" * 200, "why\n" + "x" * 300)]), tmp_path, width, scheme
    )
    assert seen.complaints == []
    assert seen.found["overflow"] <= 0
    assert [64, 60] not in seen.found["images"] and [50, 60] in seen.found["images"]
    assert all(size > 0 for image in seen.found["images"] for size in image)
    dark = scheme == "dark"
    assert seen.found["background"] == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
    assert "both operands are broadcast" in seen.found["text"]
    copy = seen.found["copy"]
    assert (seen.found["buttons"], copy["outline"]) == (1, "solid")
    assert copy["says"] in ("Copied", "Selected")  # a browser copies only where a person presses
    assert copy["paper"] == seen.found["background"] and copy["ink"] == seen.found["ink"]


@browser.needed
def test_the_browser_would_see_what_is_too_wide_and_what_fails(tmp_path):
    """The twin: the checks above find what they look for."""
    broken = '<p style="width: 900px">x</p><script>console.error("boom")</script><img src="data:,x">'
    seen = browser.seen(f'<div class="gradcheck">{broken}</div>', tmp_path, 400)
    assert seen.found["overflow"] > 0
    assert [0, 0] in seen.found["images"]
    assert any("boom" in complaint for complaint in seen.complaints)


def test_the_references_expression_stands_in_the_page_where_it_is_known():
    reference = Span("loss.py", 12, 5, 12, 9, "a <= b")
    span = Span("loss.py", 3, 1, 3, 5, "a * b")
    known = finding_html(a_finding(span, reference=reference))
    assert "Reference: " in known
    assert "loss.py:12:5: a &lt;= b" in known
    assert "Reference: " not in finding_html(a_finding(span))

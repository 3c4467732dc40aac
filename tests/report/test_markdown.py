"""Reports as markdown: what is fenced stays fenced, and what is a cell stays a cell."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.findings import Fix, Operand
from gradcheck.report.finding_markdown import code, fenced, row
from gradcheck.report.markdown import to_markdown
from support.reports import a_finding, a_proof, a_report, a_span

SOURCE = "loss = a * b\n"
SPAN = a_span(SOURCE, "a * b", name="<markdown>")


def test_a_report_reads_well():
    operand = Operand(span=a_span(SOURCE, "a", name="<markdown>"), shape=(3, 1))
    finding = a_finding(
        SPAN,
        message="both operands are broadcast",
        operands=(operand,),
        notes=("`a` is a column",),
        severity="error",
        fix=Fix(text="a[:, 0] * b"),
        proof=a_proof(),
    )
    assert to_markdown([a_report(findings=(finding,))]) == EXPECTED


EXPECTED = """\
## `case`: different

1 of 1 gradients differ

- reference: 1, a constant, not computed by any op
- candidate: 1, a constant, not computed by any op

**error[other]**: both operands are broadcast

`<markdown>:1:8`

```text
  |
1 | loss = a * b
  |        ^
  |        (3, 1)
```

- `a` is a column

Fix (with it the gradients agree to 1e-16, on a second batch too (6 samples)):

```python
a[:, 0] * b
```

| variable | ‖ref.‖ | ‖cand.‖ | differ | noise | cosine | verdict |
| --- | ---: | ---: | ---: | ---: | ---: | --- |
| `w` 2 | 1.414 | 0 exactly | 1.0e+00 | – | – | different |

‖·‖ norms; differ relative to the larger, not measured in float64.
"""


def test_a_fix_in_words_is_a_sentence():
    finding = a_finding(SPAN, fix=Fix(text="leave this out", source=False), proof=a_proof())
    text = to_markdown([a_report(findings=(finding,))])
    assert "- fix: leave this out\n- tried: with it" in text
    assert "```python" not in text


@pytest.mark.parametrize("text", ["a", "`a`", "a``b", "```", "a|b"])
def test_code_within_a_sentence_is_read_back(text):
    fence, inner = re.fullmatch(r"(`+)(.*?)\1", code(text)).groups()
    assert fence not in re.findall("`+", text)
    assert inner.strip() == text


@given(st.text("`a\n", max_size=40))
def test_a_block_is_closed_by_its_own_fence_alone(text):
    first, *_, last, end = fenced("text", text).split("\n")
    assert (first, end) == (f"{last}text", "")
    assert last not in text


def test_a_bar_does_not_end_a_cell():
    assert re.split(r"(?<!\\)\|", row(["a|b", "`c|d`"])) == ["", " a\\|b ", " `c\\|d` ", ""]

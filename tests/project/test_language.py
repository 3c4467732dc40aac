"""Documentation and messages use the terms of the field, not private idioms of this project."""

import re

import pytest

from support.project import ROOT

IDIOMS = re.compile(
    r"to\s+be\s+had|operands\s+grow|(samples|operands|elements?)\s+(that\s+)?(meet|met)\b|"
    r"held\s+against|but\s+for\s+rounding|on\s+each\s+of\s+\d+\s+batches|"
    r"have\s+it\s+said|what\s+makes\s+nothing|nobody\s+asks\s+for|exclude\s+each\s+other|"
    r"what\s+there\s+is\s+to\s+say|computes\s+as\s+it\s+says|without\s+a\s+word",
    re.IGNORECASE,
)
"""They mean: available; are broadcast; are combined; compared with; up to rounding; on all 10 batches; ..."""

TEXTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "docs/*.json", "examples/*.py", "gradcheck/**/*.py")
    for path in ROOT.glob(pattern)
    if "explanation" not in path.parts
)


def idioms(text):
    """Return the idioms in a text, also where the line breaks inside one or a string is split there."""
    return [found[0] for found in IDIOMS.finditer(re.sub(r'"?\n\s*(f?"|#|=)?\s*', " ", text))]


def test_no_page_message_or_docstring_uses_a_private_idiom():
    assert len(TEXTS) > 150
    found = {str(path.relative_to(ROOT)): idioms(path.read_text(encoding="utf-8")) for path in TEXTS}
    assert {path: used for path, used in found.items() if used} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "both operands grow: (8, 1) and (8,) make (8, 8)",
        "where float64 is not\nto be had",
        '    "the gradient of the batch was held "\n    f"against {alone}"',
        "# says in which expressions samples\n# met each other",
        "so on each of 10 batches",
        "never trained: nobody asks\n    for a gradient",
        "--check and --save-case exclude each other",
    ],
)
def test_an_idiom_is_found_also_where_a_line_breaks_in_it(planted):
    assert len(idioms(planted)) == 1


def test_plain_words_are_no_idioms():
    assert (
        idioms("both operands are broadcast on all 10 batches; a metric; the array grows; compared with")
        == []
    )

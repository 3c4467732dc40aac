"""Which cause a text has that repairs the candidate."""

from types import SimpleNamespace

import pytest

from gradcheck.comparison import repairs


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("1e-2", "0.001", "other"),
        ("-f(x) + 1.0001", "-f(x) + 1.0", "other"),
        ("x * 2", "-x * 2", "sign"),
        ("1e-2", "-1e-2", "sign"),
    ],
)
def test_a_text_without_another_sign_is_no_sign(before, after, cause, monkeypatch):
    monkeypatch.setattr(repairs, "span_of", lambda site: site)
    text = SimpleNamespace(site=SimpleNamespace(text=before), text=after)
    assert repairs.cause_with(text, (), "sign") == cause

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


@pytest.mark.parametrize(
    ("before", "after", "known", "cause"),
    [
        ("f(x)", "f(x / 2.5)", "axis", "other"),
        ("f(x * 0.5)", "f(x)", "index", "other"),
        ("f(x)", "f(x / 2.5)", "reduction", "reduction"),
        ("f(x)", "f(x / y)", "axis", "axis"),
    ],
)
def test_a_written_factor_has_nothing_to_do_with_axes(before, after, known, cause, monkeypatch):
    monkeypatch.setattr(repairs, "span_of", lambda site: site)
    monkeypatch.setattr(repairs, "_given", lambda name, site: "")
    text = SimpleNamespace(site=SimpleNamespace(text=before), text=after)
    assert repairs.cause_with(text, (), known) == cause


@pytest.mark.parametrize(("given", "cause"), [("len(x)", "reduction"), ("0.5 * y", "other")])
def test_a_name_that_is_divided_by_is_what_it_was_given(given, cause, monkeypatch):
    monkeypatch.setattr(repairs, "span_of", lambda site: site)
    monkeypatch.setattr(repairs, "_given", lambda name, site: given)
    text = SimpleNamespace(site=SimpleNamespace(text="f(x) / n"), text="f(x)")
    assert repairs.cause_with(text, ()) == cause

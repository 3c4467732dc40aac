"""The corpus has one manifest, and it says of each file what the file says."""

import shutil
from dataclasses import replace
from datetime import date

import pytest

from support import corpus_figures, manifest
from support.project import ROOT

FILES = ("threads/case02_a2c_advantage_outer", "threads/crf_forward_scan", "made/dice_einsum_per_class")


def test_every_file_has_a_line_and_every_line_a_file_that_says_the_same():
    assert manifest.faults() == []
    assert len(manifest.ENTRIES) == len(manifest.entries()) >= 223


@pytest.fixture
def few(tmp_path):
    """Return a corpus of three files, whose manifest is right."""
    lines = (manifest.FOLDER / "manifest.toml").read_text().splitlines()
    kept = [line for line in lines if line.startswith(tuple(f'"{key}"' for key in FILES))]
    (tmp_path / "manifest.toml").write_text("\n".join(kept))
    for key in FILES:
        (tmp_path / key).parent.mkdir(exist_ok=True)
        shutil.copy(manifest.FOLDER / f"{key}.py", tmp_path / f"{key}.py")
    assert manifest.faults(tmp_path) == []
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"made/dice_einsum_per_class"',
            '"made/dice"',
            "made/dice_einsum_per_class: no line in the manifest",
        ),
        ('"made/dice_einsum_per_class"', '"made/dice"', "made/dice: no such file"),
        ('"broadcast"', '"axis"', f"{FILES[0]}: another cause than in the file"),
        (
            "equivalent = false",
            "equivalent = true",
            f"{FILES[0]}: the file says otherwise whether it is equivalent",
        ),
        ("github.com/timvieira", "github.com/nobody", f"{FILES[1]}: another source than in the file"),
        (
            "https://github.com/timvieira/crf/issues/5",
            "made",
            f"{FILES[1]}: a loss from a thread without the thread",
        ),
    ],
)
def test_what_is_at_odds_is_said(few, old, new, said):
    listed = few / "manifest.toml"
    assert old in listed.read_text()
    listed.write_text(listed.read_text().replace(old, new))
    assert said in manifest.faults(few)


def test_a_line_at_fault_that_is_not_in_the_file_is_said(few):
    file = few / f"{FILES[0]}.py"
    file.write_text(file.read_text().replace("        adv = ", "        adv  = "))
    assert manifest.faults(few) == [f"{FILES[0]}: the line at fault is not in the file"]


def test_a_sample_keeps_the_order_and_what_is_always_taken(monkeypatch):
    names = list("abcdefg")
    monkeypatch.setattr(manifest, "LONG", False)
    assert manifest.sample(names, every=3, always={"f"}) == ["a", "d", "f", "g"]
    assert manifest.sample(names, always={"c", "b"}) == ["b", "c"]
    monkeypatch.setattr(manifest, "LONG", True)
    assert manifest.sample(names, always={"c", "b"}) == names


def test_the_page_says_what_was_known_beforehand():
    page = (ROOT / "docs" / "corpus.md").read_text()
    known = corpus_figures.history()
    assert "\n".join(known) in page
    of_tomorrow = replace(next(iter(manifest.ENTRIES.values())), measured=date(2100, 1, 1), unseen=True)
    added = corpus_figures.history([*manifest.ENTRIES.values(), of_tomorrow])
    assert added == [*known, "| 2100-01-01 | 1 | no |"]

"""The list of pages for a language model is that of the site, and leads to pages that can be read as text."""

from __future__ import annotations

import re
import runpy
import tomllib

from support.project import ROOT

DOCS = ROOT / "docs"
MAKER = runpy.run_path(str(DOCS / "make_llms.py"))
LINKS = re.compile(r"^- \[(.+?)\]\((.+?)\)(?:: (.+))?$", re.M)


def test_the_list_is_current_and_has_each_page_once():
    text = (DOCS / "llms.txt").read_text(encoding="utf-8")
    assert text == MAKER["text"](), "run: python docs/make_llms.py"
    navigation = tomllib.loads((ROOT / ".zensical.toml").read_text())["project"]["nav"]
    listed = [page for _, page, _ in LINKS.findall(text)]
    assert sorted(listed) == sorted(re.findall(r"'([^']*\.md)'", str(navigation)))
    assert len(listed) == sum(line.startswith("- ") for line in text.splitlines())


def test_each_page_is_described_in_words():
    about = {page: said for _, page, said in LINKS.findall((DOCS / "llms.txt").read_text(encoding="utf-8"))}
    assert [page for page, said in about.items() if not said or re.search(r"```|\]\(|:$", said)] == []


def test_a_built_site_gets_the_pages_as_text(tmp_path):
    MAKER["write_sources"](tmp_path)
    assert (tmp_path / "commands" / "diff.md").read_text() == (DOCS / "commands" / "diff.md").read_text()
    assert (tmp_path / "changes.md").read_text() == (ROOT / "CHANGELOG.md").read_text()

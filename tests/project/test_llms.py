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


def read_raw(page):
    """Return what a forge shows of a page: no comments, of which an unclosed one goes on to the end."""
    return re.sub(r"<!--.*?(-->|\Z)", "", page, flags=re.S).strip()


def test_each_page_reads_well_where_nothing_is_included():
    for page in sorted(DOCS.rglob("*.md")):
        raw = read_raw(page.read_text(encoding="utf-8"))
        assert re.match(r"# .+\n\n *\S", raw), page
        assert "--8<--" not in raw, page


def test_a_page_that_is_only_an_include_does_not():
    assert "--8<--" in read_raw('--8<-- "CHANGELOG.md"\n')
    assert read_raw('# Changes\n\nOut.\n\n<!-- Shown:\n--8<-- "CHANGELOG.md:3:"\n').endswith("Out.")


def test_an_included_file_closes_the_comment_around_it():
    for page in sorted(DOCS.rglob("*.md")):
        for file, line in re.findall(r'^--8<-- "(.*?):(\d+):"$', page.read_text(encoding="utf-8"), re.M):
            assert "-->" in (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]

"""Write what the documentation has of the causes: ``python docs/make_cause_pages.py``.

That is a page for each, the page that lists them, and their place in the navigation of the site. A test asserts
that all of it is current.
"""

from __future__ import annotations

import pathlib
import re

from gradcheck.causes import names
from gradcheck.report.causes_page import as_markdown, index_as_markdown, page

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "causes"
SITE = ROOT / ".zensical.toml"
LISTED = r'(?<=\{ "Causes" = \[\n).*?(?=  \] \})'
"""Where the causes stand in the navigation."""


def files() -> dict[pathlib.Path, str]:
    """Return what is to be in each file."""
    pages = {"README.md": index_as_markdown(), **{page(name): as_markdown(name) for name in names()}}
    navigation = [f'    "causes/{name}",\n' for name in pages]
    return {
        **{FOLDER / name: text for name, text in pages.items()},
        SITE: _written("".join(navigation)),
    }


def _written(listed: str) -> str:
    text, count = re.subn(LISTED, lambda _: listed, SITE.read_text(encoding="utf-8"), flags=re.DOTALL)
    if count != 1:
        raise LookupError(f"{SITE} lists the causes in {count} places, not in one; {LISTED!r} finds them")
    return text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in {*FOLDER.glob("*.md")} - files().keys():
        stale.unlink()
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")

"""Write what the documentation has of the causes: ``python docs/make_cause_pages.py``.

That is a page for each, the page that lists them, their place in the navigation of the site, and their names in
the schema of the report. A test asserts that all of it is current.
"""

from __future__ import annotations

import pathlib
import re

from gradcheck.causes import names
from gradcheck.report.causes_page import as_markdown, index_as_markdown, page

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "causes"
SITE = ROOT / ".zensical.toml"
SCHEMA = ROOT / "docs" / "report.schema.json"
LISTED = {
    SITE: r'(?<=\{ "Causes" = \[\n).*?(?=  \] \})',
    SCHEMA: r'(?<="description": "The kind of mistake.",\n          "enum": \[\n).*?(?=          \])',
}
"""Where the causes stand in a file that has other things as well."""


def files() -> dict[pathlib.Path, str]:
    """Return what is to be in each file."""
    pages = {"README.md": index_as_markdown(), **{page(name): as_markdown(name) for name in names()}}
    navigation = [f'    "causes/{name}",\n' for name in pages]
    enumeration = [f'            "{name}"' for name in names()]
    return {
        **{FOLDER / name: text for name, text in pages.items()},
        SITE: _written(SITE, "".join(navigation)),
        SCHEMA: _written(SCHEMA, ",\n".join(enumeration) + "\n"),
    }


def _written(path: pathlib.Path, listed: str) -> str:
    text, count = re.subn(LISTED[path], lambda _: listed, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if count != 1:
        raise LookupError(
            f"{path} lists the causes in {count} places, not in one; {LISTED[path]!r} finds them"
        )
    return text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for stale in {*FOLDER.glob("*.md")} - files().keys():
        stale.unlink()
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")

"""Write a page for each cause: ``python docs/make_cause_pages.py``. A test asserts that they are current."""

from __future__ import annotations

import pathlib

from gradcheck.report.causes_page import NAMES, as_markdown, index_as_markdown, page

FOLDER = pathlib.Path(__file__).parent / "causes"


def pages() -> dict[str, str]:
    """Return the text of every page by its name."""
    return {"README.md": index_as_markdown(), **{page(name): as_markdown(name) for name in NAMES}}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

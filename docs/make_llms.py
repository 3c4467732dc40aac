"""Write docs/llms.txt, which lists the pages for a language model: ``python docs/make_llms.py``.

Pages, their order and their headings are those of the site's navigation; the description of a page is its first
sentence. A test asserts that the file is current. Given the folder of a built site, it also writes the sources of
the pages there, so that the links of ``llms.txt`` work: ``python docs/make_llms.py site``.
"""

from __future__ import annotations

import pathlib
import re
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

FOLDER = pathlib.Path(__file__).parent
SITE = FOLDER.parent / ".zensical.toml"
FILE = FOLDER / "llms.txt"

INTRODUCTION = """\
# gradcheck

> Compares the gradients of two formulations of a TensorFlow or Keras loss on identical frozen samples, and says
> where and why they differ. It is not `torch.autograd.gradcheck`: it compares two programs, not a program with
> finite differences.

To use it, read [For AI assistants](assistants.md) first: which command, how to write a case, how to read the JSON,
and what not to claim.
"""


def text() -> str:
    """Return the whole file."""
    navigation = tomllib.loads(SITE.read_text(encoding="utf-8"))["project"]["nav"]
    return "\n".join([INTRODUCTION, *_listed(navigation)]) + "\n"


def _listed(navigation: list[Any]) -> Iterator[str]:
    """Yield the sections, then the pages that are in none."""
    alone = [each for each in navigation if not isinstance(next(iter(_values(each))), list)]
    for section in (each for each in navigation if each not in alone):
        ((title, pages),) = section.items()
        yield "\n".join([f"## {title}", "", *map(_line, pages), ""])
    yield "\n".join(["## Optional", "", *(_line(page) for each in alone for page in _values(each))])


def _values(entry: Any) -> list[Any]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def source_of(page: str) -> str:
    """Return the text of a page, or that of the file that it includes."""
    source = (FOLDER / page).read_text(encoding="utf-8")
    included = re.search(r'^--8<-- "(.*?)(?::\d*)*"$', source, re.MULTILINE)
    return (FOLDER.parent / included[1]).read_text(encoding="utf-8") if included else source


def _line(page: str) -> str:
    source = source_of(page)
    title = re.search(r"^# (.+)$", source, re.MULTILINE)
    shown = re.search(
        r"^Usage: [^\n]*\n(?:  [^\n]*\n)*\n  (.+?)(?:\n\n|\n[^ ])", source, re.MULTILINE | re.DOTALL
    )
    about = " ".join(shown[1].split()) if shown and page.startswith("commands/") else _first_sentence(source)
    return f"- [{title[1] if title else page}]({page}){f': {about}' if about else ''}"


def _first_sentence(source: str) -> str:
    """Return the first sentence after the heading; none where a page begins with something else."""
    blocks = source.partition("\n# ")[2] or source
    for block in blocks.split("\n\n")[1:]:
        if re.match(r"[\w`*\"\[]", block) and not block.startswith("[!"):
            plain = re.sub(
                r"\[([^\]]*)\](?:\([^)]*\)|\[\w+\])|\*\*",
                lambda found: found[1] or "",
                " ".join(block.split()),
            )
            return re.split(r"(?<=[.:?])\s(?=[A-Z`])|:$", plain)[0].rstrip(":")
    return ""


def write_sources(site: pathlib.Path) -> None:
    """Write the source of each page into a built site, where `llms.txt` leads."""
    for path in FOLDER.rglob("*.md"):
        page = path.relative_to(FOLDER)
        (site / page).parent.mkdir(parents=True, exist_ok=True)
        (site / page).write_text(source_of(str(page)), encoding="utf-8")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
    for folder in sys.argv[1:]:
        write_sources(pathlib.Path(folder))

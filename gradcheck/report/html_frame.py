"""What stands around the results on a page: a heading, the contents, and what it was made with."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck._version import __version__
from gradcheck.report.html_markup import tag, text
from gradcheck.report.json_document import environment


def framed(heading: str, sections: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """Return a heading, links to the sections if there are several, the sections, and the versions.

    Parameters
    ----------
    sections
        Of each the name, what stands behind that in the contents, and the content.
    """
    numbered = list(enumerate(sections, start=1))
    links = [
        tag("li", tag("a", text(name), href=f"#case-{number}"), " ", behind)
        for number, (name, behind, _) in numbered
    ]
    return (
        tag("h1", text(heading)),
        tag("ul", *links, class_="cases") if len(links) > 1 else "",
        *(tag("section", content, class_="case", id=f"case-{n}") for n, (_, _, content) in numbered),
        footer(),
    )


def footer() -> str:
    """Return the versions of what computed a page."""
    versions = [
        f"{name} {version}" for name, version in environment().items() if version and name != "platform"
    ]
    return tag(
        "footer", text("; ".join((f"gradcheck {__version__}", ", ".join(versions)))), class_="dim small"
    )

"""``--baseline`` and ``--write-baseline``."""

from __future__ import annotations

import contextlib
import pathlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gradcheck.cli.output import check_file
from gradcheck.system.streams import tell

if TYPE_CHECKING:
    from gradcheck.accepted import Acceptance
    from gradcheck.source import Span

BaselineOption = Annotated[
    pathlib.Path | None,
    typer.Option("--baseline", metavar="FILE", help="Leave out the findings that are listed in FILE."),
]


WriteOption = Annotated[bool, typer.Option("--write-baseline", help="Add all findings to the baseline.")]


@dataclass
class BaselineUse:
    """The baseline of one run of a command: the file, whether it is written, and what was left out."""

    file: pathlib.Path | None
    writes: bool
    left_out: Mapping[tuple[str, Span], Acceptance]

    def add(
        self, findings: Iterable[tuple[str, Span]], verdicts: Iterable[tuple[str, str, str]] = ()
    ) -> None:
        """Write what was found, if that is wanted."""
        from gradcheck.accepted import write_baseline

        if self.writes and self.file is not None:
            added = write_baseline(self.file, findings, verdicts)
            tell(f"gradcheck: wrote {self.file}: {added} new entr{'y' if added == 1 else 'ies'}\n")

    @contextlib.contextmanager
    def as_it_is_now(self) -> Iterator[None]:
        """Decide with the baseline as it is after `add`."""
        from gradcheck.accepted import deciding_with, read_baseline

        with deciding_with(None if self.file is None else read_baseline(self.file)):
            yield

    def tell(self) -> None:
        """Say how much was left out; what a comment accepts is seen beside the code."""
        counts = Counter(each.by for each in self.left_out.values())
        ignored, known = counts["settings"], counts["baseline"]
        said = [f"{ignored} ignored in pyproject.toml"] if ignored else []
        said += [f"{known} in {self.file}"] if known else []
        if said:
            tell(f"gradcheck: findings left out: {', '.join(said)}\n")


@contextlib.contextmanager
def using_baseline(given: pathlib.Path | None, writes: bool) -> Iterator[BaselineUse]:
    """Decide what is left out with the baseline that is given, or that the project names.

    Raises
    ------
    SettingsError
        It cannot be read; or it is to be written and none is named.
    """
    from gradcheck.accepted import SettingsError, deciding_with, project_here, read_baseline

    project = project_here()
    file = given if given is not None or project is None else project.baseline
    if writes:
        if file is None:
            raise SettingsError("--write-baseline: name the file with --baseline FILE")
        check_file(file)
    with deciding_with(None if writes or file is None else read_baseline(file)) as left_out:
        yield BaselineUse(file, writes, left_out)

"""A baseline: what was found in a project before, in a file that is kept with it."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from gradcheck.accepted.expressions import below, normal
from gradcheck.accepted.ignored import SettingsError
from gradcheck.source import Span

_FORMAT = 1


@dataclass(frozen=True, order=True)
class Known:
    """Something found before: no line number, so that it is still known when lines move.

    Parameters
    ----------
    code
        The code of the finding; or the verdict on a case.
    file
        Where it is, from the folder of the baseline.
    text
        The expression, without what a formatter may change; or the name of the case.
    """

    code: str
    file: str
    text: str


@dataclass(frozen=True)
class Baseline:
    """What is known, and the file that says so."""

    file: pathlib.Path
    known: frozenset[Known]

    def has(self, code: str, span: Span) -> bool:
        """Return whether a finding is known."""
        return self._key(code, span.file, normal(span.text)) in self.known

    def has_verdict(self, verdict: str, file: str, case: str) -> bool:
        """Return whether the verdict on a case is known."""
        return self._key(verdict, file, case) in self.known

    def _key(self, code: str, file: str, text: str) -> Known:
        return Known(code, below(file, self.file.parent), text)


def read_baseline(file: pathlib.Path) -> Baseline:
    """Return the baseline in a file.

    Raises
    ------
    SettingsError
        There is no such file, or it is no baseline.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        known = frozenset(Known(one["code"], one["file"], one["text"]) for one in document["known"])
        if document["baseline"] != _FORMAT:
            raise SettingsError(
                f"{file}: a baseline of format {document['baseline']}; this version reads {_FORMAT}"
            )
    except FileNotFoundError:
        raise SettingsError(f"there is no baseline {file}: --write-baseline writes one") from None
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{file} is no baseline: {error!r}") from error
    return Baseline(file, known)


def write_baseline(
    file: pathlib.Path, findings: Iterable[tuple[str, Span]], verdicts: Iterable[tuple[str, str, str]] = ()
) -> int:
    """Add what was found to the baseline in a file, or to a new one; return how much of it is new.

    What is in it stays, because another command or another target may have found it.

    Parameters
    ----------
    findings
        The code and the place of each.
    verdicts
        The verdict, the file and the name of each case.

    Raises
    ------
    SettingsError
        The file is no baseline, or cannot be written.
    """
    before = read_baseline(file).known if file.exists() else frozenset()
    found = [(code, span.file, normal(span.text)) for code, span in findings]
    now = before | {Known(code, below(where, file.parent), text) for code, where, text in (*found, *verdicts)}
    lines = ",\n".join(f"    {json.dumps(asdict(one))}" for one in sorted(now))
    text = f'{{\n  "baseline": {_FORMAT},\n  "known": [\n{lines}\n  ]\n}}\n'
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write {file}: {error.strerror}") from error
    return len(now) - len(before)

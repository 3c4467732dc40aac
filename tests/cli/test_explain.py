"""`gradcheck explain`."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from gradcheck.causes import names
from gradcheck.judgement.verdict import Verdict


def test_without_a_cause_all_are_listed(cli):
    outcome = cli("explain")
    assert outcome.code == 0
    assert [line.split()[0] for line in outcome.out.splitlines() if line[:1].strip()] == list(names())


@pytest.mark.parametrize("cause", names())
@pytest.mark.parametrize("columns", [80, 120])
def test_a_cause_is_explained_within_the_width(cli, monkeypatch, cause, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    outcome = cli("explain", cause)
    assert outcome.code == 0
    assert outcome.err == ""
    assert outcome.out.startswith(cause)
    assert "wrong" in outcome.out
    assert "right" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= columns


def test_an_unknown_cause_is_refused_with_those_there_are(cli):
    outcome = cli("explain", "broadcats")
    assert outcome.code == 2
    assert "no such cause: 'broadcats'; did you mean 'broadcast'? There are" in outcome.err
    assert ", ".join(names()) in outcome.err


@pytest.mark.parametrize("verdict", [*get_args(Verdict), "rounding"])
def test_a_verdict_is_explained(cli, verdict):
    outcome = cli("explain", verdict)
    assert outcome.code == 0
    assert outcome.out.startswith(f"{verdict}\n") and len(outcome.out) > 80
    assert cli("explain", verdict.upper()) == outcome


def test_what_is_nearly_a_verdict_is_recognised(cli):
    assert "did you mean 'vacuous'?" in cli("explain", "vacous").err


def test_what_is_like_no_cause_is_not_taken_for_one(cli):
    outcome = cli("explain", "error[xyz]")
    assert outcome.code == 2
    assert "no such cause: 'xyz'. There are" in outcome.err


@pytest.mark.parametrize("copied", ["error[broadcast]", "suspect[broadcast]:", "note[broadcast]"])
def test_a_cause_is_understood_as_a_report_has_it(cli, copied):
    assert cli("explain", copied) == cli("explain", "broadcast")


@pytest.mark.parametrize("copied", ["error[broadcast", "[broadcast]", "error[broadcast][x]"])
def test_what_no_report_has_is_not_understood(cli, copied):
    assert cli("explain", copied).code == 2


def test_tensorflow_is_not_imported():
    script = (
        "import sys\nfrom gradcheck.cli import app\n"
        "try:\n    app(['explain', 'broadcast'])\nexcept SystemExit as ended:\n"
        "    sys.exit(ended.code or 'tensorflow' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0
